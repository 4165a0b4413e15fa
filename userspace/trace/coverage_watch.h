// SPDX-License-Identifier: Apache-2.0
// The coverage of one target, measured when asked or in a thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_set.h"
#include "userspace/model/coverage.h"
#include "userspace/trace/recent_coverage.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

class CoverageWatch {
 public:
  // `baseline`: see read_baseline(). `traces` must outlive this. `sees_frees`: what is recorded and
  // not live is a fault.
  CoverageWatch(pid_t pid, const tmbpf_python& python, const TracesMap& traces, bool sees_frees,
                BlockSet baseline);

  // Without causes. Nothing when the heap cannot be read.
  std::optional<Coverage> measure();

  // What was measured within the last second, or can be within `patience`, or else what was
  // measured last; then a thread goes on measuring for the next call.
  RecentCoverage recent(std::chrono::milliseconds patience);

  // Nobody tells any more of blocks that are freed.
  void sees_no_frees() { sees_frees_ = false; }

  // What is live now counts as from before.
  void renew_baseline();

 private:
  using Clock = std::chrono::steady_clock;
  struct Measured {
    std::optional<Coverage> coverage;
    Clock::time_point at;
  };

  [[nodiscard]] Measured measure_now();
  void finish();

  pid_t pid_;
  tmbpf_python python_;
  const TracesMap& traces_;
  std::atomic<bool> sees_frees_;
  BlockSet baseline_;  // the thread's while there is one
  std::optional<Measured> last_;
  std::future<Measured> running_;  // last: its thread must end before the rest goes
};

}  // namespace tmbpf
