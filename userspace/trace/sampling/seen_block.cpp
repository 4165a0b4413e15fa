// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/seen_block.h"

#include <algorithm>
#include <iterator>

#include "symbols/heap/pymalloc_heap.h"

namespace tmbpf {

std::vector<SeenBlock> see_blocks(const ProcessMemory& memory, const tmbpf_python& python,
                                  BlockContents& contents, std::span<const SampledBlock> blocks) {
  std::vector<std::uint64_t> addresses;
  addresses.reserve(blocks.size());
  for (const SampledBlock& block : blocks) {
    addresses.push_back(block.address);
  }
  const PymallocHeap heap = read_pools(memory, python, pools_of(addresses, python.pool_size));
  std::vector<SeenBlock> seen;
  std::vector<BlockContents::Place> places;
  for (const SampledBlock& block : blocks) {
    if (!heap.blocks.contains(block.address)) {
      continue;
    }
    const auto after = std::ranges::upper_bound(heap.pools, block.address, {}, &Pool::address);
    const std::uint32_t size = std::prev(after)->block_size;
    seen.push_back({.block = block, .block_size = size, .content = {}});
    places.push_back({block.address, size});
  }
  const std::vector<BlockContent> read = contents.read(places);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    seen[i].content = read[i];
    if (seen[i].block.size == 0) {
      const std::uint32_t requested = contents.requested(read[i]);
      const bool fits = requested <= seen[i].block_size &&
                        requested + (1U << python.alignment_shift) > seen[i].block_size;
      seen[i].block.size = fits ? requested : seen[i].block_size;
    }
  }
  return seen;
}

std::vector<SeenBlock> see_raw_blocks(BlockContents& contents,
                                      std::span<const SampledBlock> blocks) {
  std::vector<BlockContents::Place> places;
  places.reserve(blocks.size());
  for (const SampledBlock& block : blocks) {
    places.push_back({block.address, block.size});
  }
  const std::vector<BlockContent> read = contents.read(places);
  std::vector<SeenBlock> seen;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (read[i].size != 0) {
      seen.push_back({.block = blocks[i], .block_size = blocks[i].size, .content = read[i]});
    }
  }
  return seen;
}

}  // namespace tmbpf
