// SPDX-License-Identifier: Apache-2.0
// What processes hold now, as the views take it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "userspace/cli/coverage_schedule.h"
#include "userspace/cli/live_targets.h"
#include "userspace/model/snapshot.h"
#include "userspace/view/live/live_process.h"
#include "userspace/view/table_header.h"

namespace tmbpf {

class LiveSampler {
 public:
  // `targets` must outlive the object. `patience`: how long a refresh may wait for the coverage.
  LiveSampler(const LiveTargets& targets, std::chrono::milliseconds patience)
      : targets_(targets), patience_(patience) {}

  // The list of all, which costs next to nothing.
  [[nodiscard]] std::vector<LiveProcess> processes() const;

  struct Sample {
    Snapshot snapshot;
    TableTotals totals;
    double time = 0;  // Unix seconds
  };
  Sample take(Tracer& tracer);
  // Nobody has the pid by now.
  void forget(pid_t pid) { coverages_.erase(pid); }

 private:
  const std::optional<Coverage>& coverage_of(Tracer& tracer);
  TableTotals totals_of(Tracer& tracer);

  const LiveTargets& targets_;
  std::chrono::milliseconds patience_;
  struct Covered {
    const Tracer* tracer = nullptr;  // another one: another program or process has the pid
    CoverageSchedule schedule;
  };
  std::map<pid_t, Covered> coverages_;
};

// Unix seconds.
double unix_now();

}  // namespace tmbpf
