// SPDX-License-Identifier: Apache-2.0
// One process after the other.
#pragma once

#include <sys/types.h>

#include <functional>
#include <span>

namespace tmbpf {

// Calls `act` with each pid and returns its status, with several the first that is not 0. What it
// throws passes through for one; with several an Error is reported with its pid and counts as its
// status, and the others are done all the same.
int for_each_target(std::span<const pid_t> pids, const std::function<int(pid_t)>& act);

}  // namespace tmbpf
