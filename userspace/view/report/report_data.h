// SPDX-License-Identifier: Apache-2.0
// The data of a report, as its page reads it.
//
//   title      string
//   snapshots  of the new one and, if there is one, the old one: see snapshot_summary()
//   strings    the first is "", all names and source lines
//   frames     columns file, function, source (in strings), line
//   nodes      columns parent (in nodes, always before the node; -1: none) and frame (in frames):
//              the kept tracebacks as one tree, oldest frame first
//   stacks     columns node (most recent frame), hidden (older frames that were not kept), size and
//              count, with two snapshots also oldSize and oldCount; the largest first
//   others     stacks (how many were not kept), size, count, oldSize, oldCount: their sums
//
// Where some blocks are estimates, also:
//
//   sameSession  whether both snapshots are of one session (same_session())
//   stacks       column replicates, with two snapshots also oldReplicates: 0 where all is exact,
//   else
//                a pair, bytes and blocks by replicate (ReplicateSum)
//   others       replicates, oldReplicates: likewise
#pragma once

#include <nlohmann/json.hpp>

#include "userspace/model/snapshot.h"
#include "userspace/view/report/report_options.h"

namespace tmbpf {

nlohmann::json report_data(const Snapshot& snapshot, const Snapshot* old,
                           const ReportOptions& options);

}  // namespace tmbpf
