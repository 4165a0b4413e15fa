// SPDX-License-Identifier: Apache-2.0
// Estimated bytes and blocks added up over traces, replicate by replicate (see replicates.h).
// Traces whose weights are exact are left out: they are the same in each replicate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "userspace/model/replicates.h"

namespace tmbpf {

class ReplicateSum {
 public:
  using Values = std::array<double, kReplicates>;

  // Blocks of `size` bytes, as many as `weights` say.
  void add(std::uint64_t size, const Replicates& weights) {
    for (std::size_t i = 0; i < kReplicates; ++i) {
      const auto weight = static_cast<double>(weights[i]);
      sizes_[i] += static_cast<double>(size) * weight;
      counts_[i] += weight;
    }
  }
  void add(const ReplicateSum& other) {
    for (std::size_t i = 0; i < kReplicates; ++i) {
      sizes_[i] += other.sizes_[i];
      counts_[i] += other.counts_[i];
    }
  }

  [[nodiscard]] const Values& sizes() const { return sizes_; }
  [[nodiscard]] const Values& counts() const { return counts_; }

 private:
  Values sizes_{};
  Values counts_{};
};

}  // namespace tmbpf
