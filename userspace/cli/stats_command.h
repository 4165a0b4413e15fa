// SPDX-License-Identifier: Apache-2.0
// `tmbpf stats` and `tmbpf diff`: the top of what snapshots hold.
#pragma once

#include <string>
#include <vector>

#include "userspace/cli/analysis_options.h"

namespace tmbpf {

// Each snapshot, in the order in which they were taken when all tell, compared with the one before
// or, with `first`, with the first. A file that is named twice is read once. Throws Error.
int run_stats(const std::vector<std::string>& paths, bool first, const AnalysisOptions& options);

// `path` compared with `old`.
int run_diff(const std::string& old, const std::string& path, const AnalysisOptions& options);

}  // namespace tmbpf
