// SPDX-License-Identifier: Apache-2.0
// `tmbpf --pid PID` and `tmbpf -- PROGRAM`: what holds memory, refreshed.
#pragma once

#include "userspace/cli/capture_options.h"
#include "userspace/cli/live_options.h"

namespace tmbpf {

// Returns the exit status: done, target (all ended meanwhile), interrupted, or that of the first
// process that could not be traced; with a program, its own. Throws Error.
int run_live(const LiveOptions& live, const CaptureOptions& capture);

}  // namespace tmbpf
