// SPDX-License-Identifier: Apache-2.0
// `tmbpf start | snapshot | status | stop`: the background session and its control.
#pragma once

#include <sys/types.h>

#include <string>

#include "userspace/cli/capture_options.h"

namespace tmbpf {

// Each returns the exit status or throws.
int run_start(pid_t pid, const CaptureOptions& capture);
// `output` as OutputTemplate takes it; `family`: one file for each process of the session.
int run_snapshot(pid_t pid, const std::string& output, bool family, bool addresses);
int run_status(pid_t pid, bool json);
// Ends the session; that of a followed process alone leaves its family's.
int run_stop(pid_t pid);

}  // namespace tmbpf
