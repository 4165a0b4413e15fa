// SPDX-License-Identifier: Apache-2.0
// Adds up the traces of snapshots by group. Several snapshots that share a table get the same
// groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "userspace/model/block_sum.h"
#include "userspace/model/replicate_sum.h"
#include "userspace/model/snapshot.h"
#include "userspace/model/statistic.h"

namespace tmbpf {

class ContentIndex;

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
  Grouping(const Grouping&) = delete;
  Grouping& operator=(const Grouping&) = delete;
  Grouping(Grouping&&) = delete;
  Grouping& operator=(Grouping&&) = delete;
  ~Grouping();

  // By group; empty() where the snapshot has no block of the group. Millions of traces share far
  // fewer tracebacks, so all but one addition is done per traceback.
  std::vector<BlockSum> sum(const Snapshot& snapshot);
  // The same of the replicates, without the traces whose weights are exact; nothing where all are.
  std::vector<ReplicateSum> sum_replicates(const Snapshot& snapshot);

  // Of each group that was met so far.
  [[nodiscard]] const std::vector<GroupKey>& keys() const { return keys_; }

 private:
  std::uint32_t group_of(FrameId frame);
  std::uint32_t add_frame(const Frame& frame);
  std::uint32_t group_of(TracebackId traceback);
  void collect_groups(TracebackId traceback);

  const TracebackTable& table_;
  KeyType type_;
  Cumulative cumulative_;
  std::vector<GroupKey> keys_;
  std::vector<std::uint32_t> frame_groups_;  // by FrameId; kNone: not met yet
  std::vector<Frame> identities_;            // of frames, in the order of their groups
  std::unique_ptr<ContentIndex> identity_index_;
  std::unique_ptr<ContentIndex> traceback_index_;  // of groups of tracebacks, by their lines
  std::vector<std::uint32_t> lines_;               // of the one looked at
  std::vector<std::uint32_t> groups_;              // likewise
};

}  // namespace tmbpf
