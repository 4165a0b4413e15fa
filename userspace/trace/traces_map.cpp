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

// By looking up every place where such a block may begin.
std::optional<LiveBlock> find_small_block(int map_fd, std::uint64_t address) {
  const std::uint64_t last = address - address % kAlignment;
  for (std::uint64_t back = 0; back < kLargestSmall && back <= last; back += kAlignment) {
    const std::uint64_t key = last - back;
    tmbpf_trace trace{};
    if (bpf_map_lookup_elem(map_fd, &key, &trace) == 0) {
      const LiveBlock block = block_of(key, trace);
      return holds(block, address) ? std::optional(block) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<LiveBlock> read_traces(int map_fd) {
  std::vector<LiveBlock> blocks;
  for_each_element<tmbpf_trace>(map_fd, bpf_map_lookup_batch,
                                [&blocks](std::uint64_t key, const tmbpf_trace& trace) {
                                  blocks.push_back(block_of(key, trace));
                                });
  return blocks;
}

bool has_trace(int map_fd, std::uint64_t address) {
  tmbpf_trace trace{};
  return bpf_map_lookup_elem(map_fd, &address, &trace) == 0;
}

std::optional<LiveBlock> find_block(int map_fd, std::uint64_t address) {
  std::optional<LiveBlock> found = find_small_block(map_fd, address);
  if (found) {
    return found;
  }
  for_each_element<tmbpf_trace>(map_fd, bpf_map_lookup_batch,
                                [&](std::uint64_t key, const tmbpf_trace& trace) {
                                  const LiveBlock block = block_of(key, trace);
                                  if (holds(block, address) && (!found || block.domain == 0)) {
                                    found = block;
                                  }
                                });
  return found;
}

TakenTraces take_all_traces(int map_fd, StackSums& sums) {
  TakenTraces taken;
  for_each_element<tmbpf_trace>(map_fd, bpf_map_lookup_and_delete_batch,
                                [&](std::uint64_t /*key*/, const tmbpf_trace& trace) {
                                  ++taken.blocks;
                                  taken.bytes += trace.size;
                                  sums.take_out(trace.stack, trace.size);
                                });
  return taken;
}

}  // namespace tmbpf
