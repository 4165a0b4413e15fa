// SPDX-License-Identifier: Apache-2.0
// `tmbpf check [--pid PID]`: what kernel, privileges and target allow, each with its reason.
#pragma once

#include <sys/types.h>

namespace tmbpf {

// pid 0: only the system. Returns done when tracing would work, else the status it would fail with.
int run_check(pid_t pid);

}  // namespace tmbpf
