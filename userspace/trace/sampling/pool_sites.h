// SPDX-License-Identifier: Apache-2.0
// When it is listened for pools that pymalloc takes: all the time where that fits into the budget.
// Some programs give pools back and take them again thousands of times a second; then in randomly
// chosen quarters of seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "userspace/trace/sampling/site_hits.h"
#include "userspace/trace/sampling/window_probes.h"

namespace tmbpf {

// Of one thread.
class PoolSites {
 public:
  using Seconds = std::chrono::duration<double>;

  // `probes` must outlive it.
  PoolSites(WindowProbes& probes, const SiteHits& hits);

  // Hits until now were of another mode; whether it is listened stays.
  void restart();
  // To be called every few milliseconds, not while a window is open. `trap`: what a hit costs
  // beside our programs; `budget`: the share of its time that the target may lose in all.
  void watch(Seconds trap, double budget);

  [[nodiscard]] std::uint64_t hits() const;
  // What one costs.
  static Seconds cost(Seconds trap);

 private:
  using Clock = std::chrono::steady_clock;

  void begin(bool listen);

  WindowProbes& probes_;
  SiteHits hits_;
  std::uint64_t counted_ = 0;  // hits, when the time at hand began
  Clock::time_point since_;
  double rate_ = 0;  // hits in a second, when it was last listened
  std::minstd_rand random_{1};
};

}  // namespace tmbpf
