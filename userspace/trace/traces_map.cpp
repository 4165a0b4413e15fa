// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/traces_map.h"

#include <bpf/bpf.h>

#include <algorithm>

#include "userspace/trace/map_batches.h"

namespace tmbpf {

namespace {

constexpr std::uint64_t kAlignment = 16;  // of small blocks
constexpr std::uint64_t kLargestSmall = 512;

LiveBlock block_of(std::uint64_t key, const tmbpf_trace& trace) {
  return {.address = key & TMBPF_ADDRESS_MASK,
          .domain = static_cast<std::uint16_t>(key >> TMBPF_DOMAIN_SHIFT),
          .trace = trace};
}

bool holds(const LiveBlock& block, std::uint64_t address) {
  return address - block.address < std::max<std::uint64_t>(block.trace.size, 1);
}

}  // namespace

std::vector<LiveBlock> TracesMap::read() const {
  std::vector<LiveBlock> blocks;
  const auto add = [&blocks](std::uint64_t key, const tmbpf_trace& trace) {
    blocks.push_back(block_of(key, trace));
  };
  chunks_.for_each(add);
  for_each_element<tmbpf_trace>(map_fd_, bpf_map_lookup_batch, add);
  return blocks;
}

std::optional<LiveBlock> TracesMap::at(std::uint64_t address) const {
  tmbpf_trace trace = chunks_.find(address);
  if (trace.size == 0 && bpf_map_lookup_elem(map_fd_, &address, &trace) != 0) {
    return std::nullopt;
  }
  return block_of(address, trace);
}

bool TracesMap::contains(std::uint64_t address) const { return at(address).has_value(); }

// By looking at every place where such a block may begin.
std::optional<LiveBlock> TracesMap::find_small(std::uint64_t address) const {
  const std::uint64_t last = address - address % kAlignment;
  for (std::uint64_t back = 0; back < kLargestSmall && back <= last; back += kAlignment) {
    if (const auto block = at(last - back)) {
      return holds(*block, address) ? block : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<LiveBlock> TracesMap::find(std::uint64_t address) const {
  std::optional<LiveBlock> found = find_small(address);
  if (found) {
    return found;
  }
  for_each_element<tmbpf_trace>(map_fd_, bpf_map_lookup_batch,
                                [&](std::uint64_t key, const tmbpf_trace& trace) {
                                  const LiveBlock block = block_of(key, trace);
                                  if (holds(block, address) && (!found || block.domain == 0)) {
                                    found = block;
                                  }
                                });
  return found;
}

TakenTraces TracesMap::take_all(StackSums& sums) {
  TakenTraces taken;
  const auto add = [&](std::uint64_t /*key*/, const tmbpf_trace& trace) {
    ++taken.blocks;
    taken.bytes += trace.size;
    sums.take_out(trace.stack, trace.size);
  };
  chunks_.take_all(add);
  for_each_element<tmbpf_trace>(map_fd_, bpf_map_lookup_and_delete_batch, add);
  return taken;
}

std::vector<LiveBlock> TracesMap::take_small(StackSums& sums) {
  std::vector<LiveBlock> blocks;
  chunks_.take_all([&](std::uint64_t address, const tmbpf_trace& trace) {
    blocks.push_back(block_of(address, trace));
    sums.take_out(trace.stack, trace.size);
  });
  return blocks;
}

std::vector<LiveBlock> TracesMap::take_raw(StackSums& sums) const {
  std::vector<LiveBlock> blocks;
  for_each_element<tmbpf_trace>(map_fd_, bpf_map_lookup_batch,
                                [&](std::uint64_t key, const tmbpf_trace& trace) {
                                  if (key >> static_cast<unsigned>(TMBPF_DOMAIN_SHIFT) == 0) {
                                    blocks.push_back(block_of(key, trace));
                                  }
                                });
  std::erase_if(blocks, [&](const LiveBlock& block) {
    if (bpf_map_delete_elem(map_fd_, &block.address) != 0) {
      return true;  // it was freed meanwhile
    }
    sums.take_out(block.trace.stack, block.trace.size);
    return false;
  });
  return blocks;
}

}  // namespace tmbpf
