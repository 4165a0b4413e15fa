// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/statistics.h"

#include <algorithm>

#include "userspace/model/group_order.h"
#include "util/error.h"

namespace tmbpf {
namespace {

template <typename Row>
void sort(std::vector<Row>& rows, const TracebackTable& table) {
  const GroupOrder order(table);
  std::ranges::sort(rows, [&order](const Row& left, const Row& right) {
    return order.sorts_before(left, right);
  });
}

// What does not fit wraps around: sums of 2^63 bytes are none.
std::int64_t difference(std::uint64_t left, std::uint64_t right) {
  return static_cast<std::int64_t>(left - right);
}

}  // namespace

BlockSum total_of(const Snapshot& snapshot) {
  BlockSum sum;
  snapshot.traces().for_each([&sum](std::uint32_t, TracebackId, std::uint64_t size, double weight) {
    sum.add(size, weight);
  });
  return sum;
}

std::vector<Statistic> statistics(const Snapshot& snapshot, KeyType type, Cumulative cumulative) {
  Grouping grouping(snapshot.table(), type, cumulative);
  const std::vector<BlockSum> sums = grouping.sum(snapshot);
  std::vector<Statistic> result;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (!sums[i].empty()) {
      result.push_back(
          {.key = grouping.keys()[i], .size = sums[i].size(), .count = sums[i].count()});
    }
  }
  sort(result, snapshot.table());
  return result;
}

std::vector<StatisticDiff> compare_to(const Snapshot& snapshot, const Snapshot& old, KeyType type,
                                      Cumulative cumulative) {
  if (&snapshot.table() != &old.table()) {
    throw Error("snapshots can only be compared when they share a table of tracebacks");
  }
  Grouping grouping(snapshot.table(), type, cumulative);
  std::vector<BlockSum> after = grouping.sum(snapshot);
  const std::vector<BlockSum> before = grouping.sum(old);
  after.resize(before.size());
  std::vector<StatisticDiff> result;
  for (std::size_t i = 0; i < before.size(); ++i) {
    result.push_back({.key = grouping.keys()[i],
                      .size = after[i].size(),
                      .count = after[i].count(),
                      .size_diff = difference(after[i].size(), before[i].size()),
                      .count_diff = difference(after[i].count(), before[i].count())});
  }
  sort(result, snapshot.table());
  return result;
}

}  // namespace tmbpf
