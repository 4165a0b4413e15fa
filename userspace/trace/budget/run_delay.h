// SPDX-License-Identifier: Apache-2.0
// How long threads waited for a CPU that others had: sched_info.run_delay, as /proc/PID/schedstat
// has it (Documentation/scheduler/sched-stats.rst). It counts when they get one.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace tmbpf {

// 0 when the thread is gone or the kernel does not tell.
std::chrono::nanoseconds run_delay(pid_t pid, pid_t thread);
// Of all its threads that live.
std::chrono::nanoseconds run_delay(pid_t pid);

}  // namespace tmbpf
