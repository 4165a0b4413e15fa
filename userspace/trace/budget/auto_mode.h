// SPDX-License-Identifier: Apache-2.0
// Mode auto: the most exact way of following allocations that fits into the budget. A short look at
// the target chooses it; as soon as it costs more than the budget allows, the next one takes its
// place. Never the other way: to find out that the target has become quiet would cost it again.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/budget/hit_meter.h"
#include "userspace/trace/budget/slowdown.h"
#include "userspace/trace/heap_sweep.h"
#include "userspace/trace/mode_step.h"
#include "userspace/trace/sampling/sampler.h"
#include "userspace/trace/sampling/window_probes.h"

namespace tmbpf {

// Of any thread.
class AutoMode {
 public:
  // All must outlive it; the sampler has not begun. `budget`: the share of its time that the target
  // may lose. Looks, chooses and attaches, which takes up to 0.3 s. Throws Error.
  AutoMode(tmbpf_bpf& skeleton, const PythonTarget& target, Sampler& sampler, HeapSweep& sweep,
           double budget);
  AutoMode(const AutoMode&) = delete;
  AutoMode& operator=(const AutoMode&) = delete;
  ~AutoMode();

  // Keeps to the budget from now on.
  void watch();
  // Stops watching and sampling, and takes all of their probes out.
  void stop();

  // While this is held what is recorded stays where the mode says.
  [[nodiscard]] std::unique_lock<std::recursive_mutex> hold();
  [[nodiscard]] TraceMode mode() const { return mode_; }
  // Whether a step is under way: probes are gone, but the mode is the former one.
  [[nodiscard]] bool is_stepping() const { return stepping_; }
  [[nodiscard]] std::vector<ModeStep> steps() const;
  [[nodiscard]] double slowdown() const;  // of the last seconds
  // The peak that the former modes saw, in bytes.
  [[nodiscard]] std::uint64_t peak_before() const { return peak_before_; }
  void reset_peak() { peak_before_ = 0; }
  [[nodiscard]] std::size_t probes() const { return probes_; }  // without the sampler's

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  TraceMode choose();
  void attach(TraceMode mode);
  void run(const std::stop_token& stop);
  void look();
  void step_down();
  void step_to_live();
  void step_to_sampled();
  void let_frees_go();
  void add_step(TraceMode to, std::string reason);

  tmbpf_bpf& skeleton_;
  const PythonTarget& target_;
  Sampler& sampler_;
  HeapSweep& sweep_;
  double budget_;
  WindowProbes small_frees_;
  Slowdown spent_;
  double sampler_cost_ = 0;  // seconds, when it was last asked
  std::optional<HitMeter> meter_;

  std::atomic<TraceMode> mode_{TraceMode::sampled};
  std::atomic<bool> stepping_{false};
  std::atomic<std::uint64_t> peak_before_{0};
  std::atomic<double> slowdown_{0};
  std::atomic<std::size_t> probes_{0};
  std::recursive_mutex holding_;
  mutable std::mutex mutex_;  // of the steps
  std::condition_variable_any changed_;
  std::vector<ModeStep> steps_;
  std::jthread thread_;
};

}  // namespace tmbpf
