// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/auto_mode.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "bpf/tmbpf.h"
#include "tmbpf.skel.h"
#include "userspace/trace/budget/cpu_time.h"
#include "userspace/trace/budget/trap_cost.h"
#include "userspace/trace/now_seconds.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;
using std::chrono::milliseconds;

constexpr int kPriority = -10;          // setpriority(2)
constexpr milliseconds kFirstLook{20};  // at whether the target does anything
constexpr double kIdle = 0.02;          // of a core
constexpr milliseconds kEvery{20};      // looks at what was spent
constexpr Seconds kShown{10};           // what is said of the slowdown is of so long
constexpr Seconds kJudged{0.1};         // what a step is judged by
constexpr Seconds kUsualProgram{1.5e-6};
constexpr double kPercent = 100;
// What a mode may be expected to cost, of the budget, to be taken: it was only looked at shortly.
constexpr double kExpected = 0.6;

std::string percent(double share) {
  return share < 10 ? fmt::format("{:.3g} %", kPercent * share)
                    : fmt::format("{:.0f} times its own time", share);
}

template <typename T>
void store(T& shared, std::uint32_t value) {
  std::atomic_ref(shared).store(value);
}

double share_of_core(pid_t pid, milliseconds time) {
  const auto before = cpu_time(pid);
  std::this_thread::sleep_for(time);
  const auto after = cpu_time(pid);
  return before && after ? Seconds(*after - *before) / time : 0;
}

}  // namespace

AutoMode::AutoMode(tmbpf_bpf& skeleton, const PythonTarget& target, Sampler& sampler,
                   HeapSweep& sweep, double budget)
    : skeleton_(skeleton),
      target_(target),
      sampler_(sampler),
      sweep_(sweep),
      budget_(budget),
      small_frees_(sampler.keepers(), target,
                   SiteHits(skeleton.bss->site_hits, target.plan.sites.size()),
                   small_free_sites(target)),
      spent_(budget) {
  attach(choose());
}

AutoMode::~AutoMode() = default;

TraceMode AutoMode::choose() {
  if (share_of_core(target_.identity.pid, kFirstLook) < kIdle) {
    add_step(TraceMode::exact, "the target was idle");
    return TraceMode::exact;
  }
  sampler_.learn();
  const Sampler::HitRates rates = sampler_.hit_rates();
  const double hit = sampler_.hit_cost().counted().count();
  // What is allocated is freed, as a rule.
  const double live = (rates.small + rates.raw) * hit;
  const double exact = live + rates.small * hit;
  const std::string expected = fmt::format("expected to cost {} in mode exact, {} in mode live",
                                           percent(exact), percent(live));
  const TraceMode mode = exact <= kExpected * budget_  ? TraceMode::exact
                         : live <= kExpected * budget_ ? TraceMode::live
                                                       : TraceMode::sampled;
  add_step(mode, expected);
  return mode;
}

// Nothing is recorded until all probes are there.
void AutoMode::attach(TraceMode mode) {
  if (mode != TraceMode::sampled) {
    if (mode == TraceMode::exact) {
      small_frees_.keep_all();
      probes_ = small_frees_.attached();
    }
    sampler_.attach_all();
    const Seconds trap = measure_trap(skeleton_.progs.nothing_enter);
    meter_.emplace(skeleton_, target_.plan, trap, kUsualProgram);
    store(skeleton_.bss->method.live, mode == TraceMode::live ? 1 : 0);
    store(skeleton_.bss->method.sampled, 0);
  }
  mode_ = mode;
}

void AutoMode::watch() {
  if (mode_ == TraceMode::sampled) {
    sampler_.begin();
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void AutoMode::stop() {
  thread_.request_stop();
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  sampler_.stop();  // requests before frees, as in ProbeLinks
  let_frees_go();
}

void AutoMode::let_frees_go() {
  small_frees_.keep_none();
  probes_ = 0;
}

std::unique_lock<std::recursive_mutex> AutoMode::hold() { return std::unique_lock(holding_); }

void AutoMode::run(const std::stop_token& stop) {
  // It stands between the target and what costs it too much.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kPriority);
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, kEvery, [] { return false; });
    }
    try {
      look();
    } catch (const Error& error) {
      add_step(mode_, std::string("the budget is kept no more: ") + error.what());
      return;
    }
  }
}

void AutoMode::look() {
  const auto cpu = cpu_time(target_.identity.pid);
  if (!cpu) {
    return;
  }
  Slowdown::Cost cost;
  if (mode_ == TraceMode::sampled) {
    const double sampler = sampler_.status().cost_seconds;
    cost.all = Seconds(sampler - std::exchange(sampler_cost_, sampler));
  } else {
    const HitMeter::Spent spent = meter_->take();
    cost = {.all = spent.all, .avoidable = spent.small_frees};
  }
  spent_.add(Clock::now(), *cpu, cost);
  slowdown_ = spent_.of_last(kShown).all;
  if (mode_ != TraceMode::sampled && spent_.is_overrun()) {
    step_down();
  }
}

void AutoMode::step_down() {
  const Slowdown::Shares now = spent_.of_last(kJudged);
  const TraceMode from = mode_;
  const bool to_live = from == TraceMode::exact && now.rest <= kExpected * budget_ &&
                       skeleton_.bss->totals.unchunked == 0;
  stepping_ = true;
  peak_before_ = std::max<std::uint64_t>(
      peak_before_, from == TraceMode::exact ? skeleton_.bss->totals.traced_peak : sweep_.peak());
  to_live ? step_to_live() : step_to_sampled();
  stepping_ = false;
  spent_.forgive();
  add_step(to_live ? TraceMode::live : TraceMode::sampled,
           fmt::format("mode {} cost {}, the budget is {}", to_string(from), percent(now.all),
                       percent(budget_)));
}

// What was freed unseen is found by the next sweep.
void AutoMode::step_to_live() {
  store(skeleton_.bss->method.live, 1);
  let_frees_go();
  mode_ = TraceMode::live;
}

// First what costs the target; a snapshot that is being taken may go on meanwhile.
void AutoMode::step_to_sampled() {
  sampler_.let_go();
  let_frees_go();
  sampler_.assume_cost(meter_->trap(), meter_->program());
  const auto held = hold();
  sampler_.begin();
  store(skeleton_.bss->method.live, 0);
  mode_ = TraceMode::sampled;
}

void AutoMode::add_step(TraceMode to, std::string reason) {
  const std::lock_guard lock(mutex_);
  const TraceMode from = steps_.empty() ? TraceMode::automatic : steps_.back().to;
  steps_.push_back({.time = now_seconds(), .from = from, .to = to, .reason = std::move(reason)});
}

std::vector<ModeStep> AutoMode::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

double AutoMode::slowdown() const { return slowdown_; }

}  // namespace tmbpf
