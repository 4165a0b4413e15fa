// SPDX-License-Identifier: Apache-2.0
// What the hits of probes have cost the target, while every hit counts (modes exact and live).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "symbols/python_target.h"
#include "userspace/trace/bpf_skeleton.h"
#include "userspace/trace/sampling/site_hits.h"

namespace tmbpf {

// Of one thread.
class HitMeter {
 public:
  using Seconds = std::chrono::duration<double>;

  // Both must outlive it. `trap`: of a hit, the kernel's part. `program`: ours, until hits that
  // were timed tell. Counts from now on.
  HitMeter(tmbpf_bpf& skeleton, const ProbePlan& plan, Seconds trap, Seconds program);

  struct Spent {
    Seconds all{0};
    Seconds small_frees{0};  // of that, where pymalloc frees
  };
  // Since the last call, or the begin.
  Spent take();
  // Of a hit.
  [[nodiscard]] Seconds trap() const { return trap_; }
  [[nodiscard]] Seconds program() const { return program_; }

 private:
  void take_timed();

  tmbpf_bpf& skeleton_;
  SiteHits hits_;
  std::vector<bool> small_free_;        // by site
  std::vector<std::uint32_t> counted_;  // likewise
  Seconds trap_;
  Seconds program_;
  std::uint32_t timed_ = 0;
  std::uint64_t timed_time_ = 0;
};

}  // namespace tmbpf
