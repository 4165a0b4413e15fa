// SPDX-License-Identifier: Apache-2.0
// A snapshot, or two and their difference, as one HTML page that needs nothing else: no network, no
// other file. It shows a flame graph, a table of groups, and tracebacks with their source lines.
#pragma once

#include <functional>
#include <string_view>

#include "userspace/model/snapshot.h"
#include "userspace/view/report/report_options.h"

namespace tmbpf {

// Takes the page piece by piece, in order; what it throws ends write_report().
using ReportSink = std::function<void(std::string_view)>;

// `old` is what `snapshot` is compared with, or null; they may share a table or have their own.
// The page is valid UTF-8, whatever bytes the snapshots hold; their names are data in it, never
// markup. Bytes are size * weight, blocks are weight; what is beyond 1e30 counts as 1e30.
void write_report(const Snapshot& snapshot, const Snapshot* old, const ReportOptions& options,
                  const ReportSink& sink);

}  // namespace tmbpf
