// SPDX-License-Identifier: Apache-2.0
// The errors of sums by group, of one snapshot or of two that are compared.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "userspace/model/replicate_sum.h"
#include "userspace/model/statistic_diff.h"

namespace tmbpf {

class GroupErrors {
 public:
  // By group; a group beyond the end is exact.
  explicit GroupErrors(std::vector<ReplicateSum> now) : now_(std::move(now)) {}
  // See error_of_difference().
  GroupErrors(std::vector<ReplicateSum> now, std::vector<ReplicateSum> before, bool same_session)
      : now_(std::move(now)), before_(std::move(before)), same_session_(same_session) {}

  // Sets the errors of a row; without an older snapshot those of the differences stay 0.
  void put(StatisticDiff& row, std::size_t group) const;

 private:
  std::vector<ReplicateSum> now_;
  std::optional<std::vector<ReplicateSum>> before_;
  bool same_session_ = false;
};

}  // namespace tmbpf
