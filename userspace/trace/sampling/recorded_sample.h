// SPDX-License-Identifier: Apache-2.0
// Recorded blocks that are followed as a sample from now on, when nobody is told any more that they
// are freed.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "userspace/trace/sampling/sampled_block.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

// Each stands for itself; of more than `most` so many by chance, which stand for all.
std::vector<SampledBlock> sample_recorded(std::span<const LiveBlock> blocks, std::size_t most);

}  // namespace tmbpf
