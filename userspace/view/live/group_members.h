// SPDX-License-Identifier: Apache-2.0
// Which tracebacks belong to a group.
#pragma once

#include <cstdint>
#include <vector>

#include "userspace/model/grouping.h"
#include "userspace/model/statistic.h"

namespace tmbpf {

// Whether two keys of one table name the same group.
bool same_group(const GroupKey& left, const GroupKey& right, const TracebackTable& table);

class GroupMembers {
 public:
  // `table` must outlive the object.
  GroupMembers(const GroupKey& group, Cumulative cumulative, const TracebackTable& table)
      : group_(group), cumulative_(cumulative), table_(table) {}

  // Each traceback is looked at once.
  bool contains(TracebackId traceback);

 private:
  enum class Verdict : std::uint8_t { unknown, no, yes };

  [[nodiscard]] bool look(TracebackId traceback) const;

  GroupKey group_;
  Cumulative cumulative_;
  const TracebackTable& table_;
  std::vector<Verdict> known_;
};

}  // namespace tmbpf
