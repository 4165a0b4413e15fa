// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/coverage.h"

#include <chrono>
#include <thread>

namespace tmbpf {
namespace {

constexpr int kLooks = 10;                        // at what seems missing or extra
constexpr std::chrono::milliseconds kBetween{1};  // two looks
constexpr std::size_t kMaxSuspects = 1U << 16U;   // more than this is no passing effect

// Drops the suspects whose recording differs from `expected` at any of several moments.
void keep_lasting(std::vector<std::uint64_t>& suspects, bool expected,
                  const RecordedBlocks& recorded) {
  for (int i = 0; i < kLooks && !suspects.empty() && suspects.size() < kMaxSuspects; ++i) {
    std::erase_if(suspects,
                  [&](std::uint64_t block) { return recorded.contains(block) != expected; });
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace

Coverage measure_coverage(const ProcessMemory& memory, const tmbpf_python& python,
                          const BlockSet& baseline, const RecordedBlocks& recorded) {
  const PymallocHeap first = read_pymalloc_heap(memory, python);
  const std::vector<LiveBlock> live = recorded.read_all();
  const PymallocHeap second = read_pymalloc_heap(memory, python);
  Coverage coverage{.unsettled_pools = first.unsettled_pools + second.unsettled_pools};
  BlockSet traced;
  std::vector<std::uint64_t> extra;
  for (const LiveBlock& block : live) {
    if (second.blocks.contains(block.address)) {
      traced.insert(block.address);
      ++coverage.attributed;
    } else if (!first.blocks.contains(block.address) && second.in_arena(block.address)) {
      extra.push_back(block.address);
    }
  }
  std::vector<std::uint64_t> missing;
  second.blocks.for_each([&](std::uint64_t block) {
    if (traced.contains(block)) {
      return;
    }
    if (baseline.contains(block)) {
      ++coverage.before;
    } else if (first.blocks.contains(block)) {
      missing.push_back(block);
    }
  });
  keep_lasting(missing, false, recorded);
  keep_lasting(extra, true, recorded);
  coverage.missing = missing.size();
  coverage.extra = extra.size();
  return coverage;
}

}  // namespace tmbpf
