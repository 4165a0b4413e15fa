// SPDX-License-Identifier: Apache-2.0
// What a thread does at the moment, as /proc/PID/task/TID/stat has it (proc_pid_stat(5)).
#pragma once

#include <sys/types.h>

#include <optional>

namespace tmbpf {

struct ThreadStat {
  bool runnable = false;  // it runs or would, if it had a CPU
  int cpu = 0;            // where it ran last
};

// Nothing when the thread is gone.
std::optional<ThreadStat> thread_stat(pid_t pid, pid_t thread);

}  // namespace tmbpf
