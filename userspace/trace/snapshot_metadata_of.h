// SPDX-License-Identifier: Apache-2.0
// What a session knows about itself, as a snapshot keeps it.
#pragma once

#include <optional>

#include "userspace/model/snapshot_metadata.h"
#include "userspace/trace/trace_status.h"

namespace tmbpf {

// `status` and `coverage` of the moment when the traces were read, or just after; `now` in Unix
// seconds.
SnapshotMetadata snapshot_metadata_of(const TraceStatus& status,
                                      const std::optional<Coverage>& coverage, double now);

}  // namespace tmbpf
