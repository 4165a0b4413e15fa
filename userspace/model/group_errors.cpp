// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/group_errors.h"

#include "userspace/model/estimate_error.h"

namespace tmbpf {
namespace {

const ReplicateSum* sum_of(const std::vector<ReplicateSum>& sums, std::size_t group) {
  return group < sums.size() ? &sums[group] : nullptr;
}

}  // namespace

void GroupErrors::put(StatisticDiff& row, std::size_t group) const {
  const ReplicateSum* now = sum_of(now_, group);
  const ReplicateSum* before = before_ ? sum_of(*before_, group) : nullptr;
  if (now != nullptr) {
    const EstimateError error = error_of(*now);
    row.size_error = error.size;
    row.count_error = error.count;
  }
  if (before_ && (now != nullptr || before != nullptr)) {
    const ReplicateSum none;
    const EstimateError error = error_of_difference(
        now != nullptr ? *now : none, before != nullptr ? *before : none, same_session_);
    row.size_diff_error = error.size;
    row.count_diff_error = error.count;
  }
}

}  // namespace tmbpf
