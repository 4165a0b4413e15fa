// SPDX-License-Identifier: Apache-2.0
// The coverage of one process, measured rarely enough to be cheap.
#pragma once

#include <chrono>
#include <optional>

#include "userspace/model/coverage.h"
#include "userspace/trace/tracer.h"

namespace tmbpf {

class CoverageSchedule {
 public:
  // The last one that is known. Waits at most `patience` for one that is due; it goes on in a
  // thread then. A measurement is due when the last one took less than 1/50 of the time since.
  const std::optional<Coverage>& ask(Tracer& tracer, std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<Coverage> last_;
  std::optional<Clock::time_point> begun_;  // one under way
  Clock::time_point due_{};
};

}  // namespace tmbpf
