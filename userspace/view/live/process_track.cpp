// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/process_track.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "userspace/model/filter_text.h"
#include "userspace/model/statistics.h"
#include "userspace/view/live/group_members.h"

namespace tmbpf {
namespace {

std::int64_t difference(std::uint64_t left, std::uint64_t right) {
  return static_cast<std::int64_t>(left - right);
}

StatisticDiff row_of(const GroupKey& key, const BlockSum& now, const BlockSum& before,
                     bool compared) {
  StatisticDiff row{.key = key, .size = now.size(), .count = now.count()};
  if (compared) {
    row.size_diff = difference(row.size, before.size());
    row.count_diff = difference(row.count, before.count());
  }
  return row;
}

// What the filter leaves of a snapshot.
class Filtered {
 public:
  Filtered(const Snapshot& snapshot, const ViewChoice& choice) : snapshot_(snapshot) {
    const auto filters = parse_filter_words(choice.filter, choice.cumulative != Cumulative::no);
    if (!filters.empty()) {
      left_ = filter_traces(snapshot, filters);
    }
  }
  [[nodiscard]] const Snapshot& get() const { return left_ ? *left_ : snapshot_; }

 private:
  const Snapshot& snapshot_;
  std::optional<Snapshot> left_;
};

using Sums = std::vector<BlockSum>;

std::vector<StatisticDiff> rows_of(Sums after, Sums before, const std::vector<GroupKey>& keys,
                                   bool compared) {
  after.resize(keys.size());
  before.resize(keys.size());
  std::vector<StatisticDiff> rows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!after[i].empty() || !before[i].empty()) {
      rows.push_back(row_of(keys[i], after[i], before[i], compared));
    }
  }
  return rows;
}

Sums sums_of_members(const Snapshot& snapshot, GroupMembers& members) {
  Sums sums(snapshot.table().traceback_count());
  snapshot.traces().for_each(
      [&](std::uint32_t, TracebackId traceback, std::uint64_t size, double weight) {
        if (members.contains(traceback)) {
          sums[to_index(traceback)].add(size, weight);
        }
      });
  return sums;
}

}  // namespace

void ProcessTrack::add(Snapshot snapshot, TableTotals totals, double time) {
  if (now_ && &now_->snapshot->table() != &snapshot.table()) {
    *this = ProcessTrack();
  }
  const BlockSum sum = total_of(snapshot);
  totals_ = std::move(totals);
  totals_.traced_current = sum.size();
  totals_.live_blocks = sum.count();
  totals_.traced_peak = std::max(totals_.traced_peak, totals_.traced_current);
  previous_ = std::exchange(
      now_,
      Moment{.snapshot = std::make_shared<const Snapshot>(std::move(snapshot)), .time = time});
}

const ProcessTrack::Moment* ProcessTrack::compared_with(Comparison comparison) const {
  const auto* moment = comparison == Comparison::previous   ? &previous_
                       : comparison == Comparison::baseline ? &baseline_
                                                            : nullptr;
  return moment != nullptr && *moment ? &**moment : nullptr;
}

Grouping& ProcessTrack::grouping(const ViewChoice& choice) {
  if (!grouping_ || grouped_by_ != choice.group_by || cumulative_ != choice.cumulative) {
    grouping_ = std::make_unique<Grouping>(table(), choice.group_by, choice.cumulative);
    grouped_by_ = choice.group_by;
    cumulative_ = choice.cumulative;
  }
  return *grouping_;
}

LiveGroups ProcessTrack::groups(const ViewChoice& choice) {
  Grouping& grouping = this->grouping(choice);
  const Moment* old = compared_with(choice.comparison);
  const Filtered now(*now_->snapshot, choice);
  Sums after = grouping.sum(now.get());
  LiveGroups groups{.compared = old != nullptr};
  BlockSum total_before;
  Sums before;
  if (old != nullptr) {
    const Filtered left(*old->snapshot, choice);
    before = grouping.sum(left.get());
    total_before = total_of(left.get());
    groups.compared_to = old->time;
  }
  groups.rows = rows_of(std::move(after), std::move(before), grouping.keys(), groups.compared);
  groups.total = row_of({}, total_of(now.get()), total_before, groups.compared);
  sort_rows(groups.rows, choice.sort == SortOrder::tracemalloc ? SortOrder::size : choice.sort);
  return groups;
}

std::vector<StatisticDiff> ProcessTrack::tracebacks(const GroupKey& group,
                                                    const ViewChoice& choice) const {
  GroupMembers members(group, choice.cumulative, table());
  const Moment* old = compared_with(choice.comparison);
  const Sums after = sums_of_members(Filtered(*now_->snapshot, choice).get(), members);
  Sums before(after.size());
  if (old != nullptr) {
    before = sums_of_members(Filtered(*old->snapshot, choice).get(), members);
  }
  std::vector<StatisticDiff> rows;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (!after[i].empty() || !before[i].empty()) {
      const GroupKey key{.type = KeyType::traceback, .traceback = static_cast<TracebackId>(i)};
      rows.push_back(row_of(key, after[i], before[i], old != nullptr));
    }
  }
  sort_rows(rows, choice.sort == SortOrder::tracemalloc ? SortOrder::size : choice.sort);
  return rows;
}

}  // namespace tmbpf
