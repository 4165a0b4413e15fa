// SPDX-License-Identifier: Apache-2.0
// Sampled blocks as they lie in the heap.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_content.h"
#include "symbols/process/process_memory.h"
#include "userspace/trace/sampling/sampled_block.h"

namespace tmbpf {

struct SeenBlock {
  SampledBlock block;
  std::uint32_t block_size = 0;  // bytes, of its size class
  BlockContent content;
};

// Those that live. A size of 0 (an object from a free list) becomes what its type says, or where
// that cannot be its size, that of the size class.
std::vector<SeenBlock> see_blocks(const ProcessMemory& memory, const tmbpf_python& python,
                                  BlockContents& contents, std::span<const SampledBlock> blocks);

// The same for blocks of the raw domain, whose allocator is not read: those that may live.
std::vector<SeenBlock> see_raw_blocks(BlockContents& contents,
                                      std::span<const SampledBlock> blocks);

}  // namespace tmbpf
