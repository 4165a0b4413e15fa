// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/statistics.h"

#include <algorithm>

#include "userspace/model/estimate_error.h"
#include "userspace/model/group_errors.h"
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

bool has_estimates(const Snapshot& snapshot, const Snapshot* old) {
  return snapshot.traces().has_replicates() || (old != nullptr && old->traces().has_replicates());
}

ReplicateSum replicate_total_of(const Snapshot& snapshot) {
  ReplicateSum sum;
  snapshot.traces().for_each_estimate(
      [&](TracebackId, std::uint64_t size, std::uint32_t replicates) {
        sum.add(size, snapshot.replicates(replicates));
      });
  return sum;
}

StatisticDiff compare_totals(const Snapshot& snapshot, const Snapshot* old) {
  const BlockSum now = total_of(snapshot);
  StatisticDiff total{.size = now.size(), .count = now.count()};
  if (old == nullptr) {
    GroupErrors({replicate_total_of(snapshot)}).put(total, 0);
    return total;
  }
  const BlockSum before = total_of(*old);
  total.size_diff = difference(total.size, before.size());
  total.count_diff = difference(total.count, before.count());
  GroupErrors({replicate_total_of(snapshot)}, {replicate_total_of(*old)},
              same_session(snapshot.metadata(), old->metadata()))
      .put(total, 0);
  return total;
}

std::vector<Statistic> statistics(const Snapshot& snapshot, KeyType type, Cumulative cumulative) {
  Grouping grouping(snapshot.table(), type, cumulative);
  const std::vector<BlockSum> sums = grouping.sum(snapshot);
  const std::vector<ReplicateSum> replicates = grouping.sum_replicates(snapshot);
  std::vector<Statistic> result;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (!sums[i].empty()) {
      const EstimateError error = i < replicates.size() ? error_of(replicates[i]) : EstimateError();
      result.push_back({.key = grouping.keys()[i],
                        .size = sums[i].size(),
                        .count = sums[i].count(),
                        .size_error = error.size,
                        .count_error = error.count});
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
  const GroupErrors errors(grouping.sum_replicates(snapshot), grouping.sum_replicates(old),
                           same_session(snapshot.metadata(), old.metadata()));
  std::vector<StatisticDiff> result;
  for (std::size_t i = 0; i < before.size(); ++i) {
    result.push_back({.key = grouping.keys()[i],
                      .size = after[i].size(),
                      .count = after[i].count(),
                      .size_diff = difference(after[i].size(), before[i].size()),
                      .count_diff = difference(after[i].count(), before[i].count())});
    errors.put(result.back(), i);
  }
  sort(result, snapshot.table());
  return result;
}

}  // namespace tmbpf
