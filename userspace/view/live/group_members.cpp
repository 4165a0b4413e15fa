// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/group_members.h"

#include <algorithm>

namespace tmbpf {
namespace {

bool same_place(const Frame& left, const Frame& right, KeyType type) {
  if (left.filename != right.filename) {
    return false;
  }
  return type == KeyType::filename || (type == KeyType::function ? left.function == right.function
                                                                 : left.lineno == right.lineno);
}

bool same_lines(TracebackId left, TracebackId right, const TracebackTable& table) {
  return left == right ||
         std::ranges::equal(table.traceback(left).frames, table.traceback(right).frames,
                            [&table](FrameId one, FrameId other) {
                              return same_place(table.frame(one), table.frame(other),
                                                KeyType::lineno);
                            });
}

}  // namespace

bool same_group(const GroupKey& left, const GroupKey& right, const TracebackTable& table) {
  if (left.type != right.type) {
    return false;
  }
  return left.type == KeyType::traceback ? same_lines(left.traceback, right.traceback, table)
                                         : same_place(left.frame, right.frame, left.type);
}

bool GroupMembers::look(TracebackId traceback) const {
  if (group_.type == KeyType::traceback) {
    return same_lines(group_.traceback, traceback, table_);
  }
  const auto frames = table_.traceback(traceback).frames;
  return std::ranges::any_of(
      cumulative_ == Cumulative::no ? frames.first(1) : frames,
      [this](FrameId id) { return same_place(table_.frame(id), group_.frame, group_.type); });
}

bool GroupMembers::contains(TracebackId traceback) {
  if (to_index(traceback) >= known_.size()) {
    known_.resize(table_.traceback_count(), Verdict::unknown);
  }
  Verdict& verdict = known_[to_index(traceback)];
  if (verdict == Verdict::unknown) {
    verdict = look(traceback) ? Verdict::yes : Verdict::no;
  }
  return verdict == Verdict::yes;
}

}  // namespace tmbpf
