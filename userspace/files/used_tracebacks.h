// SPDX-License-Identifier: Apache-2.0
// The tracebacks and frames that a snapshot's traces lead to, numbered from 0 in the order in which
// they do. Its table may hold more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "userspace/model/block_sum.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

class UsedTracebacks {
 public:
  // The snapshot's table must not change afterwards.
  explicit UsedTracebacks(const Snapshot& snapshot);

  // By number.
  [[nodiscard]] const std::vector<TracebackId>& tracebacks() const { return tracebacks_; }
  [[nodiscard]] const std::vector<FrameId>& frames() const { return frames_; }

  // Of what the snapshot leads to only.
  [[nodiscard]] std::uint32_t number(TracebackId id) const {
    return traceback_numbers_[to_index(id)];
  }
  [[nodiscard]] std::uint32_t number(FrameId id) const { return frame_numbers_[to_index(id)]; }

 private:
  std::vector<TracebackId> tracebacks_;
  std::vector<FrameId> frames_;
  std::vector<std::uint32_t> traceback_numbers_;  // by id
  std::vector<std::uint32_t> frame_numbers_;
};

// What each of the tracebacks, by number, allocated: in all domains.
std::vector<BlockSum> sums_by_traceback(const Snapshot& snapshot, const UsedTracebacks& used);

}  // namespace tmbpf
