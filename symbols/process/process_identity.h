// SPDX-License-Identifier: Apache-2.0
// Which process a pid means: pids are reused, so the start time belongs to it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "util/unique_fd.h"

namespace tmbpf {

struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // clock ticks since boot (field 22 of /proc/PID/stat)
  std::string command;           // comm, as the kernel has it

  bool operator==(const ProcessIdentity& other) const {
    return pid == other.pid && start_time == other.start_time;
  }
};

// Nothing when there is no such process (or it is a zombie).
std::optional<ProcessIdentity> find_process(pid_t pid);

// Throws Error (target) when there is no such process.
ProcessIdentity identify_process(pid_t pid);

// Whether the process that `identity` was taken from still runs.
bool still_runs(const ProcessIdentity& identity);

// A file descriptor that polls readable when the process ends; invalid where the kernel has none.
UniqueFd open_pidfd(pid_t pid);

// Resident memory in bytes, 0 when unknown.
std::uint64_t resident_bytes(pid_t pid);

// The part of it that is backed by no file and shared with nobody.
std::uint64_t private_bytes(pid_t pid);

}  // namespace tmbpf
