// SPDX-License-Identifier: Apache-2.0
// Which processes there are, and what they were started with.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tmbpf {

// Those that our /proc shows now, in no order. Empty when it cannot be read.
std::vector<pid_t> all_processes();

// The words of a command line (/proc/PID/cmdline), as the process has them now: it can change them,
// and what it wrote there need not be words (setproctitle). At most 64 KiB, the last word then cut;
// empty words at the end are left out. Empty: a kernel thread, or the process is gone.
std::vector<std::string> process_arguments(pid_t pid);

}  // namespace tmbpf
