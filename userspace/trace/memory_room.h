// SPDX-License-Identifier: Apache-2.0
// Whether the target's cgroup has memory for the probes. Each page of code that gets a breakpoint
// is copied, and the copy is charged to the target's cgroup (kernel/events/uprobes.c, Linux 5.17 to
// 6.18): in a full one the kernel kills the target for it.
#pragma once

#include <string>

#include "symbols/python_target.h"

namespace tmbpf {

// Why there is too little, "" when there is enough. Looks at its cgroup v2 and those above it; page
// cache counts as free. Enough, too, when no limit can be read: cgroup v1, another cgroup
// namespace.
std::string memory_shortage(const PythonTarget& target);

// Throws Error when there is too little.
void require_memory_room(const PythonTarget& target);

}  // namespace tmbpf
