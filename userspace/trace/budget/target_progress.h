// SPDX-License-Identifier: Apache-2.0
// The time that a process could use: what passes, without what it waited for CPUs that others had.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace tmbpf {

// Of one thread.
class TargetProgress {
 public:
  using Seconds = std::chrono::duration<double>;

  // From now on.
  explicit TargetProgress(pid_t pid);

  // Since the begin; to be called every now and then.
  Seconds now();

 private:
  using Clock = std::chrono::steady_clock;

  pid_t pid_;
  Clock::time_point at_;
  std::chrono::nanoseconds delay_;
  std::chrono::nanoseconds cpu_;
  Seconds progress_{0};
};

}  // namespace tmbpf
