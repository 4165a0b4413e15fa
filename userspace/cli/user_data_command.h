// SPDX-License-Identifier: Apache-2.0
// A user's command whose output goes into a snapshot's metadata.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace tmbpf {

struct UserData {
  std::string text;   // what it printed, without the last newline; any bytes
  std::string error;  // why that is not all, or not what was wanted; empty: it is
};

inline constexpr std::size_t kMostUserData = 64U << 10U;  // bytes; more is cut
inline constexpr std::chrono::seconds kUserDataTime{10};

// Runs `command` by /bin/sh -c, as the caller's user, in a process group of its own, with TMBPF_PID
// in its environment, nothing on its standard input and the caller's standard error. When it takes
// longer than kUserDataTime, or `give_up` (asked ten times a second) says so, the group is killed.
// Never throws for what the command does.
UserData run_user_data(const std::string& command, pid_t target,
                       const std::function<bool()>& give_up);

}  // namespace tmbpf
