// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/raw_totals.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "userspace/trace/sampling/raw_estimate.h"

namespace tmbpf {
namespace {

using Place = MallocTotals::Place;
using Clock = std::chrono::steady_clock;

// What is no estimate.
void leave_out(MallocTotals& totals, const TracesMap& recorded) {
  for (const LiveBlock& block : recorded.read()) {
    const std::uint64_t size = block.domain == 0 ? totals.chunk_size(block.address) : 0;
    const std::size_t index = malloc_class(size);
    if (size != 0 && index < totals.growth.size() &&
        totals.place_of(block.address) == Place::told) {
      totals.growth[index] -= std::min(totals.growth[index], size);
    }
  }
}

// No more than the process has.
void bound(std::vector<SampledBlock>& blocks, std::uint64_t most) {
  double bytes = 0;
  for (const SampledBlock& block : blocks) {
    bytes += block.weight * block.size;
  }
  if (bytes > static_cast<double>(most)) {
    for (SampledBlock& block : blocks) {
      block.weight *= static_cast<double>(most) / bytes;
    }
  }
}

}  // namespace

void add_raw(Estimate& estimate, std::span<const SampledBlock> blocks, const TracesMap* recorded,
             MallocGrowth& growth, SamplerStatus& status) {
  if (blocks.empty()) {
    return;
  }
  const Clock::time_point begin = Clock::now();
  auto totals = growth.measure();
  if (!totals) {
    add_by_weight(estimate, blocks);
    return;
  }
  if (recorded != nullptr) {
    leave_out(*totals, *recorded);
  }
  std::vector<PlacedBlock> placed;
  std::vector<SampledBlock> others;
  for (const SampledBlock& block : blocks) {
    const Place place = totals->place_of(block.address);
    if (place == Place::told) {
      placed.push_back({block, totals->chunk_size(block.address)});
    } else if (place == Place::unknown) {
      others.push_back(block);
    }
  }
  bound(others, totals->heap.writable);
  add_by_weight(estimate, others);
  add_within_growth(estimate, placed, totals->growth);
  status.raw_totals = totals->heap.recognized() ? "malloc" : "none";
  status.malloc_chunks = totals->heap.chunks.size();
  status.malloc_unsettled = totals->heap.unsettled();
  status.malloc_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace tmbpf
