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
#include "userspace/trace/sampling/raw_totals.h"
#include "userspace/trace/sampling/recorded_sample.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kPriority = -10;  // setpriority(2)
constexpr Seconds kUsualTrap{1e-6};
constexpr Seconds kLeastTrap{200e-9};
constexpr Seconds kInstructions{30e-9};  // the target's own, between two hits at the least
constexpr Seconds kShort{0.2e-6};        // our program's part of a hit that does not count
constexpr double kRawShare = 0.4;        // of the budget
constexpr Seconds kEstimate{2};          // between two estimates for the end, or longer:
constexpr double kRest = 30;             // times what one takes
constexpr Seconds kWatch{0.05};          // between two looks at how often raw sites are hit
constexpr Seconds kBurst{1};             // of the raw sites' budget at once, until they are shed
constexpr Seconds kShed{10};             // until they may be watched all the time again
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
      small_(keepers_, target, TMBPF_STRATUM_SMALL, freelists),
      raw_(keepers_, target, TMBPF_STRATUM_RAW, freelists),
      quiet_small_(small_.probes(), skeleton.bss->site_hits),
      quiet_raw_(raw_.probes(), skeleton.bss->site_hits),
      pool_sites_(small_.probes(), skeleton.bss->site_hits),
      growth_(target.identity.pid, target.python),
      malloc_growth_(target.identity.pid, target.python),
      begun_(Clock::now()) {
  small_.set_budget(budget * (1 - kRawShare));
  raw_.set_budget(budget * kRawShare);
  pools_.emplace(bpf_map__fd(skeleton.maps.taken_pools), target.identity.pid, target.python,
                 [this](std::span<const SeenBlock> seen) {
                   const std::lock_guard lock(mutex_);
                   small_.candidates().add(seen, Clock::now());
                   status_.pools += seen.size();
                 });
}

Sampler::~Sampler() = default;

void Sampler::learn() {
  open_window(small_);
  open_window(raw_);
}

// The first window did not know what a hit costs, and counted that as the target's own time.
Sampler::HitRates Sampler::hit_rates() const {
  const std::lock_guard lock(mutex_);
  const auto rate = [this](const SampledStratum& stratum) {
    const auto hits = static_cast<double>(stratum.hits());
    const Seconds own = std::max(stratum.own() - hits * trap_, hits * kInstructions);
    return hits > 0 ? hits / own.count() : 0;
  };
  return {.small = rate(small_), .raw = rate(raw_)};
}

Seconds Sampler::hit_cost() const {
  const std::lock_guard lock(mutex_);
  return trap_ + program_;
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
  growth_.begin(std::move(old));
}

void Sampler::begin() {
  begun_ = Clock::now();
  if (recorded_) {
    take_over();
  } else {
    malloc_growth_.restart();
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Sampler::take_over() {
  const std::vector<LiveBlock> recorded = traces_.take_small(sums_);
  std::vector<std::uint64_t> addresses;
  for (const LiveBlock& block : recorded) {
    addresses.push_back(block.address);
  }
  const std::lock_guard lock(mutex_);
  growth_.add_new(addresses);
  addresses.clear();
  for (const LiveBlock& block : traces_.read()) {
    addresses.push_back(block.address);
  }
  malloc_growth_.restart(addresses);
  follow(small_, recorded);
  quiet_small_.restart();
  quiet_raw_.restart();
  pool_sites_.restart();
  hits_ = all_hits();
  keep_raw();
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
  return !raw_always_ && raw_.opening() < small_.opening() ? raw_ : small_;
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

void Sampler::wait_until(Clock::time_point opening, const std::stop_token& stop) {
  while (!stop.stop_requested() && Clock::now() < opening) {
    {
      std::unique_lock lock(mutex_);
      const auto watch = Clock::now() + std::chrono::duration_cast<Clock::duration>(kWatch);
      changed_.wait_until(lock, stop,
                          std::min({opening, watch, small_.candidates().next_look(),
                                    raw_.candidates().next_look()}),
                          [] { return false; });
    }
    look();
    watch_raw();
    quiet_small_.watch(trap_ + kShort, budget_);
    quiet_raw_.watch(trap_ + kShort, budget_);
    pool_sites_.watch(trap_, budget_);
    keep_estimate();
  }
}

// What is known when the target ends.
void Sampler::keep_estimate() {
  std::unique_lock lock(mutex_);
  const bool due = !last_at_ || Clock::now() - *last_at_ > std::max(kEstimate, kRest * last_took_);
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
  WindowResult result = window_.run(stratum.probes(), stratum.plan(trap_), [this] { look(); });
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
  }
  calibrate(result);
  const bool raw = &stratum == &raw_;
  if (raw) {
    decide_raw();
  }
  if (!(raw && raw_always_)) {
    (raw ? quiet_raw_ : quiet_small_).rank(stratum.own().count(), trap_ + kShort, budget_);
  }
}

// The shortest time from one hit to the next is the kernel's part of a hit, and a few instructions.
void Sampler::calibrate(const WindowResult& result) {
  const std::lock_guard lock(mutex_);  // status() reads them
  if (result.least_gap.count() == 0) {
    trap_ = trap_ == Seconds(0) ? kUsualTrap : trap_;
    return;
  }
  const Seconds least = std::max<Seconds>(result.least_gap - kInstructions, kLeastTrap);
  trap_ = trap_ == Seconds(0) || trap_ == kUsualTrap ? least : std::min(least, trap_ * 1.02);
  program_ = Seconds(result.inside) / static_cast<double>(result.hits);
}

std::uint64_t Sampler::hits_of(std::size_t site) const {
  return std::atomic_ref(skeleton_.bss->site_hits[site]).load(std::memory_order_relaxed);
}

std::uint64_t Sampler::all_hits() const {
  std::uint64_t hits = 0;
  for (std::size_t site = 0; site < target_.plan.sites.size(); ++site) {
    hits += hits_of(site);
  }
  return hits;
}

// What hits cost that were no window's: while its probes came, at sites that stay, of the raw
// domain.
Seconds Sampler::take_stray(const WindowResult& result) {
  const std::uint64_t hits = all_hits();
  const std::uint64_t stray = hits - std::min(hits, std::exchange(hits_, hits));
  const auto outside = static_cast<double>(stray > result.hits ? stray - result.hits : 0);
  return outside * (trap_ + (raw_always_ ? program_ : kShort));
}

std::uint64_t Sampler::raw_hits() {
  std::uint64_t hits = 0;
  for (const std::size_t site : raw_.probes().sites()) {
    hits += hits_of(site);
  }
  return hits;
}

// Few enough: all of them are watched from now on.
void Sampler::decide_raw() {
  const double cost = raw_.hit_rate() * (trap_ + program_).count();
  if (raw_.is_learning() || Clock::now() - raw_shed_ < kShed || cost > budget_ * kRawShare / 2) {
    return;
  }
  quiet_raw_.forget();
  raw_.probes().keep_all();
  std::atomic_ref(skeleton_.bss->method.raw).store(1);
  const std::lock_guard lock(mutex_);
  keep_raw();
}

void Sampler::keep_raw() {
  raw_hits_ = raw_hits();
  raw_counted_ = Clock::now();
  raw_always_ = true;
  status_.raw_always = true;
}

void Sampler::watch_raw() {
  if (!raw_always_) {
    return;
  }
  const std::uint64_t hits = raw_hits();
  const Seconds elapsed = Clock::now() - raw_counted_;
  const Seconds cost = static_cast<double>(hits - raw_hits_) * (trap_ + program_);
  if (cost > budget_ * kRawShare * std::max(elapsed, kBurst)) {
    shed_raw();
  } else if (elapsed > kBurst) {
    raw_hits_ = hits;
    raw_counted_ = Clock::now();
  }
}

// What was recorded is followed as a sample that stands for itself.
void Sampler::shed_raw() {
  std::atomic_ref(skeleton_.bss->method.raw).store(0);
  raw_.probes().keep_none();
  raw_shed_ = Clock::now();
  const std::lock_guard lock(mutex_);
  follow(raw_, traces_.take_raw(sums_));
  raw_.restart();
  raw_always_ = false;
  status_.raw_always = false;
}

Estimate Sampler::estimate(std::chrono::milliseconds age) {
  const std::lock_guard lock(mutex_);
  if ((last_at_ && Clock::now() - *last_at_ < age) ||
      std::atomic_ref(skeleton_.bss->totals.stopped).load() != 0) {
    return last_;
  }
  const auto begin = Clock::now();
  const std::vector<SampledBlock> small = small_.candidates().survivors();
  const std::vector<SampledBlock> raw = raw_.candidates().survivors();
  if (const auto totals = growth_.measure()) {
    last_ = make_estimate(small, *totals, 1U << target_.python.alignment_shift);
    add_raw(last_, raw, raw_always_ ? &traces_ : nullptr, malloc_growth_, status_);
    last_at_ = Clock::now();
    last_took_ = *last_at_ - begin;
  }
  return last_;
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
  growth_.restart();
  if (thread_.joinable()) {
    malloc_growth_.restart();
  }
  last_ = {};
  last_at_.reset();
}

SamplerStatus Sampler::status() const {
  const std::lock_guard lock(mutex_);
  SamplerStatus status = status_;
  status.candidates = small_.size() + raw_.size();
  status.trap_seconds = trap_.count();
  status.program_seconds = program_.count();
  status.small_span_seconds = small_.span().count();
  status.raw_span_seconds = raw_.span().count();
  status.elapsed = Seconds(Clock::now() - begun_).count();
  return status;
}

}  // namespace tmbpf
