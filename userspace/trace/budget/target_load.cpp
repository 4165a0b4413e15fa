// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/target_load.h"

#include <utility>

#include "userspace/trace/budget/cpu_time.h"
#include "userspace/trace/budget/slowdown.h"

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kEvery{0.2};
constexpr double kNewer = 0.1;  // weight of the last

}  // namespace

TargetLoad::TargetLoad(pid_t pid)
    : pid_(pid), at_(Clock::now()), cpu_(cpu_time(pid).value_or(std::chrono::nanoseconds(0))) {}

bool TargetLoad::update(Seconds cost) {
  const Clock::time_point now = Clock::now();
  const Seconds elapsed = now - at_;
  const auto cpu = elapsed < kEvery ? std::nullopt : cpu_time(pid_);
  if (!cpu) {
    return false;
  }
  at_ = now;
  const Seconds own =
      own_time(*cpu - std::exchange(cpu_, *cpu), cost - std::exchange(cost_, cost), elapsed);
  own_ += own;
  const double share = own / elapsed;
  share_ = known_ ? (1 - kNewer) * share_ + kNewer * share : share;
  known_ = true;
  return true;
}

}  // namespace tmbpf
