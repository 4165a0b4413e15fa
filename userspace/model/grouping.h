// SPDX-License-Identifier: Apache-2.0
// Adds up the traces of snapshots by group. Several snapshots that share a table get the same
// groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "userspace/model/block_sum.h"
#include "userspace/model/snapshot.h"
#include "userspace/model/statistic.h"

namespace tmbpf {

// Which frames of a traceback a block is counted at.
enum class Cumulative : std::uint8_t {
  no,      // the most recent one, or the whole traceback
  yes,     // each: a group that occurs twice in one traceback counts its blocks twice (tracemalloc)
  unique,  // each, but a block only once in a group
};

class Grouping {
 public:
  // Throws Error (usage) for tracebacks with `yes` or `unique`, as tracemalloc does.
  Grouping(const TracebackTable& table, KeyType type, Cumulative cumulative);

  // By group; empty() where the snapshot has no block of the group. Millions of traces share far
  // fewer tracebacks, so all but one addition is done per traceback.
  std::vector<BlockSum> sum(const Snapshot& snapshot);

  // Of each group that was met so far.
  [[nodiscard]] const std::vector<GroupKey>& keys() const { return keys_; }

 private:
  std::uint32_t group_of(FrameId frame);
  std::uint32_t group_of(TracebackId traceback);
  void collect_groups(TracebackId traceback);

  const TracebackTable& table_;
  KeyType type_;
  Cumulative cumulative_;
  std::vector<GroupKey> keys_;
  std::vector<std::uint32_t> frame_groups_;  // by FrameId; kNone: not met yet
  std::unordered_map<Frame, std::uint32_t, FrameHash> frame_index_;
  std::unordered_multimap<std::size_t, std::uint32_t> traceback_index_;  // by hash of its lines
  std::vector<std::uint32_t> lines_;                                     // of the one looked at
  std::vector<std::uint32_t> groups_;                                    // likewise
};

}  // namespace tmbpf
