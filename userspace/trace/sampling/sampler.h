// SPDX-License-Identifier: Apache-2.0
// Mode sampled: opens windows now and then, follows what they saw, and says what the heap holds.
//
// pymalloc's allocations and those of the raw domain have windows of their own, since there are
// fewer of the latter. As long as those are so few that watching all of them fits into the budget,
// they have no windows: the programs record them as in the other modes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "symbols/heap/block_set.h"
#include "symbols/python_target.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/budget/target_load.h"
#include "userspace/trace/sampler_status.h"
#include "userspace/trace/sampling/hit_cost.h"
#include "userspace/trace/sampling/pool_sites.h"
#include "userspace/trace/sampling/quiet_sites.h"
#include "userspace/trace/sampling/raw_recording.h"
#include "userspace/trace/sampling/sampled_heap.h"
#include "userspace/trace/sampling/sampled_stratum.h"
#include "userspace/trace/sampling/sampling_window.h"
#include "userspace/trace/sampling/site_hits.h"
#include "userspace/trace/sampling/taken_pools.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

// Of any thread.
class Sampler {
 public:
  // All must outlive it. `budget`: the share of its time that the target may lose to it. Nothing is
  // attached yet.
  Sampler(tmbpf_bpf& skeleton, const PythonTarget& target, TracesMap& traces, StackSums& sums,
          bool freelists, double budget);
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  ~Sampler();

  // Opens a window for each stratum; what it sees is not followed.
  void learn();
  // Hits of sites in a second of the target's own time, as the windows saw it.
  struct HitRates {
    double small = 0;
    double raw = 0;
  };
  [[nodiscard]] HitRates hit_rates() const;
  // What is known of it from windows.
  [[nodiscard]] HitCost hit_cost() const;
  // What a hit costs, before begin(), until a window tells.
  void assume_cost(std::chrono::duration<double> trap, std::chrono::duration<double> program);
  // Attaches all sites of both strata, before begin(); when method.sampled is 0 what they see is
  // recorded.
  void attach_all();
  // After attach_all(): lets the sites of small blocks go, and sets method.sampled.
  void let_go();

  // `old`: the blocks that live now count as from before.
  void set_baseline(BlockSet old);
  // From now on there are windows. After let_go() the blocks that were recorded are followed as
  // part of the sample, and the raw domain goes on being recorded as long as that fits.
  void begin();
  // No further windows; what is known stays. Takes its probes out.
  void stop();
  // What the heap holds now besides the traces, or when it cannot be read any more what it held at
  // last. At most `age` old. Costs a reading of the heap.
  Estimate estimate(std::chrono::milliseconds age = std::chrono::milliseconds(0));
  // The sampled block that holds the address, if it seems to live.
  std::optional<LiveBlock> find(std::uint64_t address);
  // What is there now counts as from before.
  void clear();
  [[nodiscard]] SamplerStatus status() const;
  // Of the probes; others may have theirs held by them, too.
  ProbeKeepers& keepers() { return keepers_; }
  [[nodiscard]] const ProbeKeepers& keepers() const { return keepers_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  void run(const std::stop_token& stop);
  void wait_until(Clock::time_point opening, const std::stop_token& stop);
  void look();
  void open_window(SampledStratum& stratum);
  Seconds take_stray(const WindowResult& result);
  void keep_estimate();
  void choose_sites(SampledStratum& stratum);
  void keep_to_load();
  void share_out();
  void shed_raw();
  void take_over();
  void follow(SampledStratum& stratum, const std::vector<LiveBlock>& recorded);
  [[nodiscard]] SampledStratum& next();

  tmbpf_bpf& skeleton_;
  const PythonTarget& target_;
  TracesMap& traces_;
  StackSums& sums_;
  double budget_;
  SamplingWindow window_;
  ProbeKeepers keepers_;
  SiteHits hits_;

  // Of the thread.
  std::uint64_t counted_ = 0;        // hits of all sites, when they were last counted
  std::uint64_t pools_counted_ = 0;  // likewise, of those where pymalloc takes pools

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  HitCost cost_;
  SampledStratum small_;
  SampledStratum raw_;
  QuietSites quiet_small_;
  QuietSites quiet_raw_;
  PoolSites pool_sites_;
  bool recorded_ = false;  // all was, until let_go()
  RawRecording raw_recording_;
  SampledHeap heap_;
  TargetLoad load_;
  double allowed_ = 0;  // of the time that passes, which the target may lose
  SamplerStatus status_;
  Clock::time_point begun_;

  std::optional<TakenPools> pools_;
  std::jthread thread_;
};

}  // namespace tmbpf
