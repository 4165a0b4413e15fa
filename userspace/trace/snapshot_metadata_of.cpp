// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/snapshot_metadata_of.h"

namespace tmbpf {

SnapshotMetadata snapshot_metadata_of(const TraceStatus& status,
                                      const std::optional<Coverage>& coverage, double now) {
  return {.tracer_version = TMBPF_VERSION,
          .mode = std::string(to_string(status.mode)),
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
