// SPDX-License-Identifier: Apache-2.0
// How long the threads of a process have run.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

namespace tmbpf {

// In all, also of threads that ended; nothing when the process is gone.
std::optional<std::chrono::nanoseconds> cpu_time(pid_t pid);

}  // namespace tmbpf
