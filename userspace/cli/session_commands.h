// SPDX-License-Identifier: Apache-2.0
// `tmbpf start | snapshot | status | clear | reset-peak | stop`: the background session and its
// control.
#pragma once

#include <sys/types.h>

#include <string>

#include "userspace/cli/capture_options.h"

namespace tmbpf {

// Each returns the exit status or throws.
// Without effect, which it says, when the process has a session already. `json`: for programs, here
// and below.
int run_start(pid_t pid, const CaptureOptions& capture, bool json);
// `output` as OutputTemplate takes it; `family`: one file for each process of the session.
int run_snapshot(pid_t pid, const std::string& output, bool family, bool addresses, bool json);
// With `json` also of a process without a session: it is not traced. `fresh`: with the coverage
// measured now.
int run_status(pid_t pid, bool fresh, bool json);
// Forgets every recorded block (tracemalloc.clear_traces); makes the peak what is held now.
int run_clear(pid_t pid, bool json);
int run_reset_peak(pid_t pid, bool json);
// Ends the session; that of a followed process alone leaves its family's.
int run_stop(pid_t pid, bool json);

}  // namespace tmbpf
