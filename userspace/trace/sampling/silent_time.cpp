// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/silent_time.h"

#include <algorithm>
#include <ctime>

#include "userspace/trace/budget/cpu_time.h"
#include "userspace/trace/budget/thread_stat.h"

namespace tmbpf {

using std::chrono::nanoseconds;

SilentTime::SilentTime(pid_t pid)
    : pid_(pid), looked_(monotonic()), cpu_(cpu_time(pid).value_or(nanoseconds(0))) {}

std::uint64_t SilentTime::monotonic() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t SilentTime::since(std::uint64_t left, pid_t thread) {
  const std::uint64_t now = monotonic();
  const nanoseconds cpu = cpu_time(pid_).value_or(cpu_);
  if (left != left_) {
    left_ = left;
    waited_ = 0;
  }
  const std::uint64_t from = std::max(looked_, left);
  const std::uint64_t passed = now > from ? now - from : 0;
  const auto ran = static_cast<std::uint64_t>(std::max(cpu - cpu_, nanoseconds(0)).count());
  if (ran < passed / 2 && thread_stat(pid_, thread).value_or(ThreadStat{}).runnable) {
    waited_ += passed - ran;
  }
  looked_ = now;
  cpu_ = cpu;
  const std::uint64_t gone = now > left ? now - left : 0;
  return gone > waited_ ? gone - waited_ : 0;
}

}  // namespace tmbpf
