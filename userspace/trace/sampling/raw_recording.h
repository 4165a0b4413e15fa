// SPDX-License-Identifier: Apache-2.0
// The raw domain without windows: as long as it is hit so seldom that this fits into the budget,
// all of it is recorded, as in the other modes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "bpf/tmbpf.h"
#include "userspace/trace/sampling/site_hits.h"
#include "userspace/trace/sampling/window_probes.h"

namespace tmbpf {

// Of one thread; is_on() of any.
class RawRecording {
 public:
  using Seconds = std::chrono::duration<double>;

  // All must outlive it.
  RawRecording(tmbpf_method& method, WindowProbes& probes, const SiteHits& hits);

  // Of the time that passes, which the target may lose to it.
  void set_share(double share) { share_ = share; }
  [[nodiscard]] bool is_on() const { return on_; }
  // `hit_rate`: in a second; `hit`: what one costs.
  [[nodiscard]] bool fits(double hit_rate, Seconds hit) const;
  // Attaches all sites.
  void begin();
  // They are attached, and method.raw is set.
  void resume();
  // To be called every few milliseconds.
  bool is_too_much(Seconds hit);
  // Takes the probes out; what was recorded stays.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  tmbpf_method& method_;
  WindowProbes& probes_;
  SiteHits hits_;
  double share_ = 0;
  std::atomic<bool> on_{false};
  std::uint64_t counted_ = 0;  // hits, when they were last counted
  Clock::time_point counted_at_;
  Clock::time_point ended_;
};

}  // namespace tmbpf
