// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/target_progress.h"

#include <algorithm>

#include "userspace/trace/budget/cpu_time.h"
#include "userspace/trace/budget/run_delay.h"

namespace tmbpf {

using std::chrono::nanoseconds;

TargetProgress::TargetProgress(pid_t pid)
    : pid_(pid),
      at_(Clock::now()),
      delay_(run_delay(pid)),
      cpu_(cpu_time(pid).value_or(nanoseconds(0))) {}

// Of several threads one may wait while another goes on: what they ran counts in any case.
TargetProgress::Seconds TargetProgress::now() {
  const Clock::time_point at = Clock::now();
  const nanoseconds delay = run_delay(pid_);
  const nanoseconds cpu = cpu_time(pid_).value_or(cpu_);
  const Seconds passed = at - at_;
  const Seconds waited = std::max(delay - delay_, nanoseconds(0));
  const Seconds ran = std::max(cpu - cpu_, nanoseconds(0));
  progress_ += std::max(passed - waited, std::min(passed, ran));
  at_ = at;
  delay_ = delay;
  cpu_ = cpu;
  return progress_;
}

}  // namespace tmbpf
