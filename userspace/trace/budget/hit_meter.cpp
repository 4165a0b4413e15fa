// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/hit_meter.h"

#include <atomic>

#include "bpf/tmbpf.h"
#include "tmbpf.skel.h"
#include "userspace/trace/sampling/window_probes.h"

namespace tmbpf {
namespace {

constexpr std::uint32_t kEnough = 16;  // timed hits that are believed
constexpr double kNewer = 0.3;         // weight of what was timed last

template <typename T>
T load(T& shared) {
  return std::atomic_ref(shared).load(std::memory_order_relaxed);
}

}  // namespace

HitMeter::HitMeter(tmbpf_bpf& skeleton, const ProbePlan& plan, Seconds trap, Seconds program)
    : skeleton_(skeleton),
      hits_(skeleton.bss->site_hits, plan.sites.size()),
      trap_(trap),
      program_(program) {
  for (std::size_t site = 0; site < plan.sites.size(); ++site) {
    small_free_.push_back(is_small_free(plan.sites[site].site));
    counted_.push_back(hits_.of(site));
  }
  timed_ = load(skeleton_.bss->method.timed);
  timed_time_ = load(skeleton_.bss->method.timed_time);
}

void HitMeter::take_timed() {
  const std::uint32_t timed = load(skeleton_.bss->method.timed);
  const std::uint64_t time = load(skeleton_.bss->method.timed_time);
  if (timed - timed_ < kEnough) {
    return;
  }
  const Seconds mean{static_cast<double>(time - timed_time_) * 1e-9 / (timed - timed_)};
  program_ = (1 - kNewer) * program_ + kNewer * mean;
  timed_ = timed;
  timed_time_ = time;
}

HitMeter::Spent HitMeter::take() {
  take_timed();
  std::uint64_t all = 0;
  std::uint64_t frees = 0;
  for (std::size_t site = 0; site < counted_.size(); ++site) {
    const std::uint32_t now = hits_.of(site);
    const std::uint32_t fresh = now - counted_[site];
    counted_[site] = now;
    all += fresh;
    frees += small_free_[site] ? fresh : 0;
  }
  const Seconds hit = trap_ + program_;
  return {.all = static_cast<double>(all) * hit, .small_frees = static_cast<double>(frees) * hit};
}

}  // namespace tmbpf
