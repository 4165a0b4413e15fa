// SPDX-License-Identifier: Apache-2.0
// What the raw domain holds: its sampled blocks, and what malloc's heap says about them.
#pragma once

#include <span>

#include "userspace/trace/sampler_status.h"
#include "userspace/trace/sampling/estimate.h"
#include "userspace/trace/sampling/malloc_growth.h"
#include "userspace/trace/sampling/sampled_block.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

// Adds the blocks. `recorded`: addresses of blocks of the raw domain that are no sample. A block
// that malloc says is free is left out. Blocks whose place malloc does not tell count as their
// weights say, but all of them together are no more than the memory that the process has. `status`:
// where the totals came from, when there was a block.
void add_raw(Estimate& estimate, std::span<const SampledBlock> blocks, const TracesMap* recorded,
             MallocGrowth& growth, SamplerStatus& status);

}  // namespace tmbpf
