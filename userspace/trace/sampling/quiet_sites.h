// SPDX-License-Identifier: Apache-2.0
// Which of a stratum's sites stay attached between windows: to attach one takes the
// kernel up to 70 microseconds each time, a hit that does not count costs the target about one.
// Those that are hit seldom stay, and go when they become busy. (Of those where pymalloc takes
// pools see pool_sites.h.)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "userspace/trace/sampling/site_hits.h"
#include "userspace/trace/sampling/window_probes.h"

namespace tmbpf {

// Of one thread.
class QuietSites {
 public:
  using Seconds = std::chrono::duration<double>;

  // `probes` must outlive it.
  QuietSites(WindowProbes& probes, const SiteHits& hits);

  // To be called after each window. `own`: seconds of the target's own time that windows recorded
  // so far, `seen`: hits in that time; `hit`: what a hit that does not count costs; `budget`: the
  // share of its time that the target may lose in all.
  void rank(double own, std::uint64_t seen, Seconds hit, double budget);
  // To be called every few milliseconds: lets go of those that cost too much.
  void watch(Seconds hit, double budget);
  // Others decide which sites stay from now on, until the next ranking.
  void forget();
  // Hits until now were no windows'.
  void restart();

 private:
  using Clock = std::chrono::steady_clock;

  void keep(const std::vector<bool>& kept);
  void begin();

  WindowProbes& probes_;
  SiteHits hits_;
  std::vector<bool> kept_;
  std::vector<std::uint32_t> base_;     // by site, when windows began
  std::vector<std::uint32_t> counted_;  // likewise, when the time below began
  Clock::time_point since_;
  std::uint32_t windows_ = 0;
  std::uint32_t next_ranking_ = 1;
};

}  // namespace tmbpf
