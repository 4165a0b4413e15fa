// SPDX-License-Identifier: Apache-2.0
// tracemalloc's order of groups.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "userspace/model/statistic.h"
#include "userspace/model/statistic_diff.h"

namespace tmbpf {

// Compares as Python does: tracebacks from the oldest frame on, each by file name (in the order of
// code points) and line. Reads all strings of the table once; those that are added later are not
// known to it.
class GroupOrder {
 public:
  explicit GroupOrder(const TracebackTable& table);  // must outlive this

  [[nodiscard]] std::strong_ordering compare(const GroupKey& left, const GroupKey& right) const;

  // Whether `left` stands before `right`: descending by (size, count, traceback), and
  // (|size_diff|, size, |count_diff|, count, traceback).
  [[nodiscard]] bool sorts_before(const Statistic& left, const Statistic& right) const;
  [[nodiscard]] bool sorts_before(const StatisticDiff& left, const StatisticDiff& right) const;

 private:
  [[nodiscard]] std::strong_ordering compare(const Frame& left, const Frame& right,
                                             KeyType type) const;
  [[nodiscard]] std::strong_ordering compare(TracebackId left, TracebackId right) const;

  const TracebackTable& table_;
  std::vector<std::uint32_t> rank_;  // of each string among all
};

}  // namespace tmbpf
