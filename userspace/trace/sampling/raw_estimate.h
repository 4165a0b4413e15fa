// SPDX-License-Identifier: Apache-2.0
// What the raw domain holds, line by line: each sampled block stands for as many as its weight
// says, held against what malloc's heap says has grown.
//
// The growth of a class of chunk sizes is the most that may be Python's, since C code calls malloc,
// too. So where the weights say more, they are scaled down to it: a block that is allocated by the
// clock is sampled too often, as a window makes its program slow. Where they say less, but the
// growth is within half more than their own error (95 %) allows, the growth is taken; but the error
// stays that of the weights and reaches down to them, since a part may not be Python's. Where the
// growth is more than that, others have allocated, and the weights stand.
//
// A class of which nothing was sampled may be Python's all the same when few of its blocks were to
// be expected in the sample: its growth is then added to that of its nearest neighbour. Where three
// or more were to be expected it is others'.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "userspace/trace/sampling/estimate.h"
#include "userspace/trace/sampling/sampled_block.h"

namespace tmbpf {

struct PlacedBlock {
  SampledBlock block;
  std::uint64_t chunk_size = 0;  // bytes, as malloc has it
};

// Adds the blocks. `growth`: bytes by malloc_class(), also of those that are sure.
void add_within_growth(Estimate& estimate, std::span<const PlacedBlock> blocks,
                       std::vector<std::uint64_t> growth);

}  // namespace tmbpf
