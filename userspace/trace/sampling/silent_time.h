// SPDX-License-Identifier: Apache-2.0
// How much of the target's own time has passed since the last hit of a window.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace tmbpf {

// Looks every few hundred microseconds: a thread that could run but did not, since the last look,
// waited for a CPU; that is no time of its own. One that sleeps is let be: its clock goes on.
class SilentTime {
 public:
  explicit SilentTime(pid_t pid);

  // Nanoseconds since `left`, when the last program ended, of this thread. On CLOCK_MONOTONIC, as
  // the programs' bpf_ktime_get_ns().
  std::uint64_t since(std::uint64_t left, pid_t thread);

  static std::uint64_t monotonic();

 private:
  pid_t pid_;
  std::uint64_t left_ = 0;    // at the last look
  std::uint64_t looked_ = 0;  // when that was
  std::chrono::nanoseconds cpu_{0};
  std::uint64_t waited_ = 0;  // since left_
};

}  // namespace tmbpf
