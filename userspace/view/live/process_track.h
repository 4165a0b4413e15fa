// SPDX-License-Identifier: Apache-2.0
// What a live view remembers of one process: the last two refreshes, and the baseline.
#pragma once

#include <memory>
#include <optional>

#include "userspace/model/grouping.h"
#include "userspace/model/snapshot.h"
#include "userspace/view/live/live_groups.h"
#include "userspace/view/live/view_choice.h"
#include "userspace/view/table_header.h"

namespace tmbpf {

class ProcessTrack {
 public:
  // A refresh, at Unix seconds. Sets the totals' bytes and blocks to the snapshot's, so that shares
  // add up. A snapshot on another table is that of another program: what was remembered is
  // forgotten.
  void add(Snapshot snapshot, TableTotals totals, double time);
  [[nodiscard]] bool empty() const { return !now_; }

  // What is there now, for Comparison::baseline.
  void set_baseline() { baseline_ = now_; }
  [[nodiscard]] bool has_baseline() const { return baseline_.has_value(); }

  // All of these only when it is not empty().
  [[nodiscard]] const TableTotals& totals() const { return totals_; }
  [[nodiscard]] const TracebackTable& table() const { return now_->snapshot->table(); }
  [[nodiscard]] double time() const { return now_->time; }
  // A comparison with what is not there compares with nothing. Costs a look at each traceback.
  LiveGroups groups(const ViewChoice& choice);
  // The tracebacks with blocks of the group, each block once: what has most (or by differences
  // grew most) first. Keys are of KeyType::traceback.
  [[nodiscard]] LiveGroups tracebacks(const GroupKey& group, const ViewChoice& choice) const;

 private:
  struct Moment {
    std::shared_ptr<const Snapshot> snapshot;
    double time = 0;  // Unix seconds
  };

  [[nodiscard]] const Moment* compared_with(Comparison comparison) const;
  Grouping& grouping(const ViewChoice& choice);

  std::optional<Moment> now_;
  std::optional<Moment> previous_;
  std::optional<Moment> baseline_;
  TableTotals totals_;
  std::unique_ptr<Grouping> grouping_;  // of the last choice: it knows the groups of each frame
  KeyType grouped_by_ = KeyType::lineno;
  Cumulative cumulative_ = Cumulative::no;
};

}  // namespace tmbpf
