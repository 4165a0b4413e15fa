// SPDX-License-Identifier: Apache-2.0
// `tmbpf start | snapshot | status | clear | reset-peak | stop`: background sessions and their
// control.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "userspace/cli/answers.h"
#include "userspace/cli/capture_options.h"

namespace tmbpf {

// Each returns the exit status or throws, as for_each_target() does.
// Without effect, which it says, on a process that has a session already, or that one of the new
// sessions follows.
int run_start(const std::vector<pid_t>& pids, const CaptureOptions& capture, AnswerForm form);
// `output` as OutputTemplate takes it; `family`: one file for each process of the sessions.
int run_snapshot(const std::vector<pid_t>& pids, const std::string& output, bool family,
                 bool addresses, AnswerForm form);
// In JSON also of a process without a session: it is not traced. `fresh`: with the coverage
// measured now.
int run_status(const std::vector<pid_t>& pids, bool fresh, AnswerForm form);
// Forgets every recorded block (tracemalloc.clear_traces); makes the peak what is held now.
int run_clear(const std::vector<pid_t>& pids, AnswerForm form);
int run_reset_peak(const std::vector<pid_t>& pids, AnswerForm form);
// Ends the sessions; that of a followed process alone leaves its family's.
int run_stop(const std::vector<pid_t>& pids, AnswerForm form);

}  // namespace tmbpf
