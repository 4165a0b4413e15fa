// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/coverage_schedule.h"

namespace tmbpf {
namespace {

constexpr int kRest = 50;  // times as long as it took

}  // namespace

const std::optional<Coverage>& CoverageSchedule::ask(Tracer& tracer,
                                                     std::chrono::milliseconds patience) {
  if (!begun_ && Clock::now() < due_) {
    return last_;
  }
  begun_ = begun_.value_or(Clock::now());
  auto recent = tracer.recent_coverage(patience);
  const auto now = Clock::now();
  if (!recent.coverage) {
    begun_.reset();  // the target is gone, or this is the first and still under way
    return last_;
  }
  last_ = std::move(recent.coverage);
  if (std::chrono::duration<double>(recent.age) <= now - *begun_) {
    due_ = now + (now - *begun_) * kRest;
    begun_.reset();
  }
  return last_;
}

}  // namespace tmbpf
