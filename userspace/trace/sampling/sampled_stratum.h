// SPDX-License-Identifier: Apache-2.0
// Sites that are sampled together: when their windows come, how long those are, and what lives of
// what they saw. Sites that are hit seldom get longer windows than those that are hit often.
//
// Windows come at random moments, one in each period of time, and are equally long in the target's
// own time, so that an allocation is seen with the same likelihood wherever it is made. What a
// window costs divided by the period is what the target pays, and the period follows from that.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "userspace/trace/budget/target_progress.h"
#include "userspace/trace/sampling/candidates.h"
#include "userspace/trace/sampling/sampling_window.h"
#include "userspace/trace/sampling/window_probes.h"

namespace tmbpf {

class SampledStratum {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  SampledStratum(ProbeKeepers& keepers, const PythonTarget& target, const SiteHits& hits,
                 tmbpf_stratum stratum, bool freelists);

  // The share of its time that the target may lose to these windows.
  void set_budget(double share) { budget_ = share; }
  // When the next window is to be opened.
  [[nodiscard]] Clock::time_point opening() const { return opening_; }
  [[nodiscard]] SamplingWindow::Plan plan(Seconds trap) const;
  // Takes in what the window told, and plans the next. `stray`: what hits outside of windows cost
  // since the last.
  void take(WindowResult& result, Seconds stray);
  // Addresses that another stratum's window saw.
  void forget(std::span<const std::uint64_t> addresses);
  // Plans anew from now on.
  void restart();

  // Whether it is still learning how often its sites are hit.
  [[nodiscard]] bool is_learning() const;
  // Hits in a second of the target's own time, as the windows saw it.
  [[nodiscard]] double hit_rate() const;
  [[nodiscard]] Seconds span() const { return span_; }
  [[nodiscard]] Seconds own() const { return own_; }  // of the target's time recorded, in all
  [[nodiscard]] std::uint64_t hits() const { return hits_; }             // in that time
  [[nodiscard]] std::size_t size() const { return candidates_.size(); }  // blocks followed

  WindowProbes& probes() { return probes_; }
  Candidates& candidates() { return candidates_; }

 private:
  void schedule();
  double usable_share();

  WindowProbes probes_;
  Candidates candidates_;
  double budget_ = 0.01;
  std::minstd_rand random_;
  Seconds span_;
  Seconds cost_;  // of a window, on average
  Seconds period_{0};
  Clock::time_point begin_;  // of the period
  Clock::time_point told_;   // until then windows have told; the next one stands for what follows
  TargetProgress progress_;
  Seconds told_progress_{0};  // when one told last
  Clock::time_point told_at_;
  Clock::time_point opening_;
  std::uint32_t number_ = 0;  // windows
  Seconds own_{0};
  std::uint64_t hits_ = 0;
  std::uint32_t learned_ = 0;  // since the last restart
  double rate_ = 0;            // hits in a second of its own time, on average
};

}  // namespace tmbpf
