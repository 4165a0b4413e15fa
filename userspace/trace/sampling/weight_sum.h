// SPDX-License-Identifier: Apache-2.0
// Weights of some sampled blocks: all of them, and by the group of their window.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "userspace/model/replicates.h"
#include "userspace/trace/sampling/sampled_block.h"

namespace tmbpf {

struct WeightSum {
  double all = 0;
  std::array<double, kReplicates> groups{};

  // `units`: how much each block counts.
  void add(const SampledBlock& block, double units = 1) {
    all += block.weight * units;
    if (block.window != SampledBlock::kNoWindow) {
      groups[block.window % kReplicates] += block.weight * units;
    }
  }
  // What the rest stands for without the windows of a group: for more, as there are fewer.
  [[nodiscard]] double without(std::size_t group) const {
    constexpr double kOthers = static_cast<double>(kReplicates) / (kReplicates - 1);
    return std::max(all - groups[group], 0.0) * kOthers;
  }
};

// Half of the width of the 95 % confidence interval of the sum, as weights alone tell it.
double error_of(const WeightSum& sum);

}  // namespace tmbpf
