// SPDX-License-Identifier: Apache-2.0
// Interpreters in root folders of other systems (scripts/targets). Such a one is written
// ROOT//usr/bin/python3.13: the root folder, then, after the double slash, the path as a process in
// there sees it. The whole is also a path that can be opened from here.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tmbpf {

// Whether the path is written like this.
bool in_root(const std::string& python);

// The words that run this interpreter: its path or, in a root, a command that gives it a mount and
// a pid namespace of its own.
std::vector<std::string> python_command(const std::string& python);

// The pid, seen from here, of what the process `started` (by such a command) runs. Throws
// std::runtime_error when it starts nothing.
pid_t wait_for_inner_pid(pid_t started);

}  // namespace tmbpf
