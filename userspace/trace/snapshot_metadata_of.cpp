// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/snapshot_metadata_of.h"

#include <string>
#include <utility>
#include <vector>

namespace tmbpf {

SnapshotMetadata snapshot_metadata_of(const TraceStatus& status,
                                      const std::optional<Coverage>& coverage, double now) {
  std::vector<MethodStep> steps;
  for (const ModeStep& step : status.steps) {
    steps.push_back({.time = step.time,
                     .from = std::string(to_string(step.from)),
                     .to = std::string(to_string(step.to)),
                     .reason = step.reason});
  }
  const bool chooses = status.mode == TraceMode::automatic;
  return {.tracer_version = TMBPF_VERSION,
          .mode = std::string(to_string(status.mode)),
          .method = chooses ? std::string(to_string(status.method)) : "",
          .max_slowdown = status.max_slowdown,
          .slowdown = status.slowdown,
          .steps = std::move(steps),
          .state = std::string(to_string(status.state)),
          .pid = status.pid,
          .command = status.command,
          .python = status.version,
          .attached = status.attached_at,
          .time = now,
          .current = status.traced_current,
          .peak = status.traced_peak,
          .rss = status.process_rss,
          .losses = status.losses,
          .coverage = coverage,
          .replaced_allocator = status.replaced_allocator};
}

}  // namespace tmbpf
