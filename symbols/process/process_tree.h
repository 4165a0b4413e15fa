// SPDX-License-Identifier: Apache-2.0
// Who descends from whom.
#pragma once

#include <sys/types.h>

#include <vector>

namespace tmbpf {

// The children of `pid`, theirs, and so on, as /proc has them now: parents before their children.
// Whose parent has ended is nobody's descendant any more.
std::vector<pid_t> descendants_of(pid_t pid);

}  // namespace tmbpf
