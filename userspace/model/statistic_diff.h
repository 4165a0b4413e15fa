// SPDX-License-Identifier: Apache-2.0
// A group of blocks in two snapshots: one line of tracemalloc's compare_to().
#pragma once

#include <cstdint>

#include "userspace/model/statistic.h"

namespace tmbpf {

struct StatisticDiff {
  GroupKey key;
  std::uint64_t size = 0;  // bytes, in the new snapshot; 0 when it has none of the group
  std::uint64_t count = 0;
  std::int64_t size_diff = 0;  // new - old
  std::int64_t count_diff = 0;
  // Half of the widths of the 95 % confidence intervals, bytes and blocks; 0: exact.
  std::uint64_t size_error = 0;
  std::uint64_t count_error = 0;
  std::uint64_t size_diff_error = 0;
  std::uint64_t count_diff_error = 0;
};

}  // namespace tmbpf
