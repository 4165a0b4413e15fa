// SPDX-License-Identifier: Apache-2.0
// `tmbpf start | snapshot | status | stop`: the background session and its control.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "userspace/cli/capture_options.h"

namespace tmbpf {

// Each returns the exit status or throws, as for_each_target() does.
int run_start(const std::vector<pid_t>& pids, const CaptureOptions& capture);
// `output` as OutputTemplate takes it; `family`: one file for each process of the sessions.
int run_snapshot(const std::vector<pid_t>& pids, const std::string& output, bool family,
                 bool addresses);
enum class StatusForm { text, json, json_list };  // the list is for several processes
int run_status(const std::vector<pid_t>& pids, StatusForm form);
// Ends the sessions; that of a followed process alone leaves its family's.
int run_stop(const std::vector<pid_t>& pids);

}  // namespace tmbpf
