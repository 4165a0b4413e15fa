// SPDX-License-Identifier: Apache-2.0
// `tmbpf report`: a snapshot, or the difference of two, as a page to look at.
#pragma once

#include <string>
#include <vector>

#include "userspace/model/filter.h"

namespace tmbpf {

// `files`: [OLD] FILE OUT.html. `filters`: which of their traces. `source_root`: put before
// absolute names of source files. Throws Error.
int run_report(const std::vector<std::string>& files, const std::vector<TraceFilter>& filters,
               const std::string& source_root);

}  // namespace tmbpf
