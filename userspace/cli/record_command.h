// SPDX-License-Identifier: Apache-2.0
// `tmbpf record`: snapshots of a process, again and again.
#pragma once

#include "userspace/cli/capture_options.h"
#include "userspace/cli/record_options.h"

namespace tmbpf {

// Returns the exit status: failed when a file could not be written; else done, target (it ended
// meanwhile), interrupted; with a program its own, unless that is 0 and a file could not be
// written.
int run_record(RecordOptions options, const CaptureOptions& capture);

}  // namespace tmbpf
