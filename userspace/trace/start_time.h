// SPDX-License-Identifier: Apache-2.0
// When a process was made, as the kernel's task knows it and as /proc tells it.
#pragma once

#include <cstdint>

namespace tmbpf {

// Of task_struct's start_boottime (nanoseconds since boot), ProcessIdentity's start_time: the clock
// ticks in /proc/PID/stat, which count from the boot of the reader's time namespace
// (time_namespaces(7)).
std::uint64_t start_ticks(std::uint64_t start_boottime);

}  // namespace tmbpf
