// SPDX-License-Identifier: Apache-2.0
// `tmbpf check [--pid PID]...`: what kernel, privileges and target allow, each with its reason.
#pragma once

#include <sys/types.h>

#include <vector>

namespace tmbpf {

// No pids: only the system. Returns done when tracing would work, else the (first) status it would
// fail with, or throws as for_each_target() does.
int run_check(const std::vector<pid_t>& pids);

}  // namespace tmbpf
