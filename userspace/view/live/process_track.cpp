// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/process_track.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "userspace/model/filter_text.h"
#include "userspace/model/group_errors.h"
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

// By number of a group.
struct GroupSums {
  std::vector<BlockSum> blocks;
  std::vector<ReplicateSum> replicates;  // as long or shorter
};

GroupSums sums_by_group(const Snapshot& snapshot, Grouping& grouping) {
  return {.blocks = grouping.sum(snapshot), .replicates = grouping.sum_replicates(snapshot)};
}

// Numbers are TracebackIds.
GroupSums sums_by_traceback(const Snapshot& snapshot) {
  GroupSums sums;
  const std::size_t tracebacks = snapshot.table().traceback_count();
  sums.blocks.resize(tracebacks);
  snapshot.traces().for_each(
      [&](std::uint32_t, TracebackId traceback, std::uint64_t size, double weight) {
        sums.blocks[to_index(traceback)].add(size, weight);
      });
  sums.replicates.resize(snapshot.traces().has_replicates() ? tracebacks : 0);
  snapshot.traces().for_each_estimate(
      [&](TracebackId traceback, std::uint64_t size, std::uint32_t replicates) {
        sums.replicates[to_index(traceback)].add(size, snapshot.replicates(replicates));
      });
  return sums;
}

// Those of a snapshot's traces that are of a group.
Snapshot members_of(const Snapshot& snapshot, GroupMembers& members) {
  Snapshot result = snapshot.without_traces();
  for (const Trace& trace : snapshot.traces()) {
    if (members.contains(trace.traceback)) {
      result.add_trace(trace);
    }
  }
  return result;
}

// `sums_of(snapshot)`: its sums; `key_of(number)`: that of the group with this number.
template <typename SumsOf, typename KeyOf>
LiveGroups groups_of(const Snapshot& now, const Snapshot* old, SumsOf sums_of, KeyOf key_of) {
  GroupSums after = sums_of(now);
  GroupSums before = old != nullptr ? sums_of(*old) : GroupSums();
  const std::size_t count = std::max(after.blocks.size(), before.blocks.size());
  after.blocks.resize(count);
  before.blocks.resize(count);
  LiveGroups groups{.total = compare_totals(now, old),
                    .compared = old != nullptr,
                    .estimated = has_estimates(now, old)};
  const GroupErrors errors =
      old == nullptr ? GroupErrors(std::move(after.replicates))
                     : GroupErrors(std::move(after.replicates), std::move(before.replicates),
                                   same_session(now.metadata(), old->metadata()));
  for (std::size_t i = 0; i < count; ++i) {
    if (!after.blocks[i].empty() || !before.blocks[i].empty()) {
      groups.rows.push_back(row_of(key_of(i), after.blocks[i], before.blocks[i], groups.compared));
      errors.put(groups.rows.back(), i);
    }
  }
  return groups;
}

void sort(LiveGroups& groups, const ViewChoice& choice) {
  sort_rows(groups.rows, choice.sort == SortOrder::tracemalloc ? SortOrder::size : choice.sort);
}

}  // namespace

void ProcessTrack::add(Snapshot snapshot, TableTotals totals, double time) {
  if (now_ && &now_->snapshot->table() != &snapshot.table()) {
    *this = ProcessTrack();
  }
  const StatisticDiff total = compare_totals(snapshot, nullptr);
  totals_ = std::move(totals);
  totals_.traced_current = total.size;
  totals_.live_blocks = total.count;
  totals_.estimated = snapshot.traces().has_replicates();
  totals_.traced_error = total.size_error;
  totals_.blocks_error = total.count_error;
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
  std::optional<Filtered> before;
  if (old != nullptr) {
    before.emplace(*old->snapshot, choice);
  }
  LiveGroups groups = groups_of(
      now.get(), before ? &before->get() : nullptr,
      [&](const Snapshot& snapshot) { return sums_by_group(snapshot, grouping); },
      [&](std::size_t number) { return grouping.keys()[number]; });
  groups.compared_to = old != nullptr ? old->time : 0;
  sort(groups, choice);
  return groups;
}

LiveGroups ProcessTrack::tracebacks(const GroupKey& group, const ViewChoice& choice) const {
  GroupMembers members(group, choice.cumulative, table());
  const Moment* old = compared_with(choice.comparison);
  const Snapshot now = members_of(Filtered(*now_->snapshot, choice).get(), members);
  const Snapshot before = old != nullptr
                              ? members_of(Filtered(*old->snapshot, choice).get(), members)
                              : now.without_traces();
  LiveGroups groups =
      groups_of(now, old != nullptr ? &before : nullptr, sums_by_traceback, [](std::size_t number) {
        return GroupKey{.type = KeyType::traceback, .traceback = static_cast<TracebackId>(number)};
      });
  groups.compared_to = old != nullptr ? old->time : 0;
  sort(groups, choice);
  return groups;
}

}  // namespace tmbpf
