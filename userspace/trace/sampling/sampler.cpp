// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/sampler.h"

#include <bpf/libbpf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "bpf/tmbpf.h"
#include "tmbpf.skel.h"
#include "userspace/trace/sampling/recorded_sample.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kPriority = -10;                    // setpriority(2)
constexpr double kRawShare = 0.4;                 // of the budget
constexpr Seconds kWatch{0.05};                   // between two looks at how often sites are hit
constexpr std::size_t kMostRecorded = 1U << 15U;  // recorded blocks that are followed

}  // namespace

Sampler::Sampler(tmbpf_bpf& skeleton, const PythonTarget& target, TracesMap& traces,
                 StackSums& sums, bool freelists, double budget)
    : skeleton_(skeleton),
      target_(target),
      traces_(traces),
      sums_(sums),
      budget_(budget),
      window_(bpf_map__fd(skeleton.maps.samples), skeleton.bss->method, skeleton.bss->totals,
              target.identity.pid, target.python),
      keepers_(skeleton, target),
      hits_(skeleton.bss->site_hits, target.plan.sites.size()),
      small_(keepers_, target, hits_, TMBPF_STRATUM_SMALL, freelists),
      raw_(keepers_, target, hits_, TMBPF_STRATUM_RAW, freelists),
      quiet_small_(small_.probes(), hits_),
      quiet_raw_(raw_.probes(), hits_),
      pool_sites_(small_.probes(), hits_),
      raw_recording_(skeleton.bss->method, raw_.probes(), hits_),
      heap_(target.identity.pid, target.python),
      load_(target.identity.pid),
      begun_(Clock::now()) {
  share_out();
  pools_.emplace(bpf_map__fd(skeleton.maps.taken_pools), skeleton.bss->method, target.identity.pid,
                 target.python, [this](std::span<const SeenBlock> seen) {
                   const std::lock_guard lock(mutex_);
                   small_.candidates().add(seen, Clock::now());
                   status_.pools += seen.size();
                 });
}

Sampler::~Sampler() = default;

void Sampler::keep_to_load() {
  if (load_.update(Seconds(status_.cost_seconds))) {
    share_out();
    const std::lock_guard lock(mutex_);
    status_.target_seconds = load_.own().count();
  }
}

// The budget is a share of the target's own time, these go by the time that passes.
void Sampler::share_out() {
  allowed_ = budget_ * load_.share();
  small_.set_budget(allowed_ * (1 - kRawShare));
  raw_.set_budget(allowed_ * kRawShare);
  raw_recording_.set_share(allowed_ * kRawShare);
}

void Sampler::learn() {
  open_window(small_);
  open_window(raw_);
  const std::lock_guard lock(mutex_);
  small_.candidates().clear();
  raw_.candidates().clear();
}

Sampler::HitRates Sampler::hit_rates() const {
  const std::lock_guard lock(mutex_);
  return {.small = cost_.rate(small_.hits(), small_.own()),
          .raw = cost_.rate(raw_.hits(), raw_.own())};
}

HitCost Sampler::hit_cost() const {
  const std::lock_guard lock(mutex_);
  return cost_;
}

void Sampler::assume_cost(Seconds trap, Seconds program) {
  const std::lock_guard lock(mutex_);
  cost_.assume(trap, program);
}

// The raw domain first: its sites also tell where pymalloc's requests end.
void Sampler::attach_all() {
  raw_.probes().keep_all();
  small_.probes().listen(true);
  small_.probes().keep_all();
  const std::lock_guard lock(mutex_);
  status_.probes = small_.probes().attached() + raw_.probes().attached();
}

void Sampler::let_go() {
  auto& method = skeleton_.bss->method;
  std::atomic_ref(method.raw).store(1);
  std::atomic_ref(method.window).fetch_add(1);
  std::atomic_ref(method.sampled).store(1);
  small_.probes().keep({});  // it is listened for pools all the same
  recorded_ = true;
  const std::lock_guard lock(mutex_);
  status_.probes = raw_.probes().attached();
}

void Sampler::set_baseline(BlockSet old) {
  const std::lock_guard lock(mutex_);
  heap_.set_baseline(std::move(old));
}

void Sampler::begin() {
  begun_ = Clock::now();
  if (recorded_) {
    take_over();
  } else {
    heap_.begin({}, {});
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Sampler::take_over() {
  const std::vector<LiveBlock> recorded = traces_.take_small(sums_);
  const std::lock_guard lock(mutex_);
  if (skeleton_.bss->filters.active != 0) {
    heap_.leave_out_unrecorded();
  }
  heap_.begin(recorded, traces_.read());
  follow(small_, recorded);
  small_.restart();
  raw_.restart();
  quiet_small_.restart();
  quiet_raw_.restart();
  pool_sites_.restart();
  counted_ = hits_.all();
  pools_counted_ = pool_sites_.hits();
  raw_recording_.resume();
}

// The recorded blocks were taken out of the traces.
void Sampler::follow(SampledStratum& stratum, const std::vector<LiveBlock>& recorded) {
  auto& totals = skeleton_.bss->totals;
  for (const LiveBlock& block : recorded) {
    std::atomic_ref(totals.traces).fetch_sub(1);
    std::atomic_ref(totals.traced_current).fetch_sub(block.trace.size);
  }
  const std::vector<SampledBlock> sample = sample_recorded(recorded, kMostRecorded);
  BlockContents contents(window_.memory(), target_.python);
  stratum.candidates().add(&stratum == &raw_
                               ? see_raw_blocks(contents, sample)
                               : see_blocks(window_.memory(), target_.python, contents, sample),
                           Clock::now());
}

void Sampler::stop() {
  thread_.request_stop();
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  small_.probes().keep_none();
  raw_.probes().keep_none();
}

SampledStratum& Sampler::next() {
  return !raw_recording_.is_on() && raw_.opening() < small_.opening() ? raw_ : small_;
}

void Sampler::run(const std::stop_token& stop) {
  // The target is slow for as long as a window is open.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kPriority);
  try {
    while (!stop.stop_requested()) {
      SampledStratum& stratum = next();
      wait_until(stratum.opening(), stop);
      if (!stop.stop_requested() && &stratum == &next()) {
        open_window(stratum);
      }
    }
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    status_.failure = error.what();
  }
}

// Also when the next window is due at once: what is hit too often must go.
void Sampler::wait_until(Clock::time_point opening, const std::stop_token& stop) {
  do {
    {
      std::unique_lock lock(mutex_);
      const auto watch = Clock::now() + std::chrono::duration_cast<Clock::duration>(kWatch);
      changed_.wait_until(lock, stop,
                          std::min({opening, watch, small_.candidates().next_look(),
                                    raw_.candidates().next_look()}),
                          [] { return false; });
    }
    look();
    keep_to_load();
    if (raw_recording_.is_too_much(cost_.counted())) {
      shed_raw();
    }
    quiet_small_.watch(cost_.ignored(), allowed_);
    quiet_raw_.watch(cost_.ignored(), allowed_);
    pool_sites_.watch(cost_.trap(), allowed_);
    keep_estimate();
  } while (!stop.stop_requested() && Clock::now() < opening);
}

// What is known when the target ends.
void Sampler::keep_estimate() {
  std::unique_lock lock(mutex_);
  const bool due = heap_.is_due();
  lock.unlock();
  if (due) {
    estimate();
  }
}

void Sampler::look() {
  const std::lock_guard lock(mutex_);
  small_.candidates().look(Clock::now());
  raw_.candidates().look(Clock::now());
}

void Sampler::open_window(SampledStratum& stratum) {
  WindowResult result =
      window_.run(stratum.probes(), stratum.plan(cost_.trap()), [this] { look(); });
  const Seconds stray = take_stray(result);
  {
    const std::lock_guard lock(mutex_);
    stratum.take(result, stray);
    (&stratum == &small_ ? raw_ : small_).forget(result.touched);
    ++status_.windows;
    status_.discarded += result.complete ? 0 : 1;
    status_.events += result.events;
    status_.own_seconds += Seconds(result.own).count();
    status_.cost_seconds += Seconds(result.cost + stray).count();
    status_.probes = small_.probes().attached() + raw_.probes().attached();
    cost_.learn(result);
  }
  choose_sites(stratum);
}

void Sampler::choose_sites(SampledStratum& stratum) {
  const double own = stratum.own().count();
  if (&stratum == &small_) {
    quiet_small_.rank(own, stratum.hits(), cost_.ignored(), allowed_);
  } else if (!raw_.is_learning() && raw_recording_.fits(raw_.hit_rate(), cost_.counted())) {
    quiet_raw_.forget();
    raw_recording_.begin();
  } else {
    quiet_raw_.rank(own, stratum.hits(), cost_.ignored(), allowed_);
  }
}

// What hits cost that were no window's: while its probes came, at sites that stay, of the raw
// domain.
Seconds Sampler::take_stray(const WindowResult& result) {
  const std::uint64_t hits = hits_.all();
  const std::uint64_t stray = hits - std::min(hits, std::exchange(counted_, hits));
  const auto outside = static_cast<double>(stray > result.hits ? stray - result.hits : 0);
  const std::uint64_t pools = pool_sites_.hits();
  const auto taken = static_cast<double>(pools - std::exchange(pools_counted_, pools));
  return outside * (raw_recording_.is_on() ? cost_.counted() : cost_.ignored()) +
         taken * (PoolSites::cost(cost_.trap()) - cost_.ignored());
}

// What was recorded is followed as a sample that stands for itself.
void Sampler::shed_raw() {
  raw_recording_.end();
  const std::lock_guard lock(mutex_);
  follow(raw_, traces_.take_raw(sums_));
  raw_.restart();
}

Estimate Sampler::estimate(std::chrono::milliseconds age) {
  const std::lock_guard lock(mutex_);
  if (!heap_.is_fresh(age) && std::atomic_ref(skeleton_.bss->totals.stopped).load() == 0) {
    heap_.estimate(small_.candidates().survivors(), raw_.candidates().survivors(),
                   raw_recording_.is_on() ? &traces_ : nullptr, status_);
  }
  return heap_.last();
}

std::optional<LiveBlock> Sampler::find(std::uint64_t address) {
  const std::lock_guard lock(mutex_);
  for (SampledStratum* stratum : {&small_, &raw_}) {
    if (const auto block = stratum->candidates().find(address)) {
      return LiveBlock{.address = block->address,
                       .domain = 0,
                       .trace = {.size = block->size, .stack = block->stack}};
    }
  }
  return std::nullopt;
}

void Sampler::clear() {
  const std::lock_guard lock(mutex_);
  small_.candidates().clear();
  raw_.candidates().clear();
  heap_.restart();
}

SamplerStatus Sampler::status() const {
  const std::lock_guard lock(mutex_);
  SamplerStatus status = status_;
  status.candidates = small_.size() + raw_.size();
  status.raw_always = raw_recording_.is_on();
  status.trap_seconds = cost_.trap().count();
  status.program_seconds = cost_.program().count();
  status.small_span_seconds = small_.span().count();
  status.raw_span_seconds = raw_.span().count();
  status.elapsed = Seconds(Clock::now() - begun_).count();
  return status;
}

}  // namespace tmbpf
