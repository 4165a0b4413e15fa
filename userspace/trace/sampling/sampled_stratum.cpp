// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/sampled_stratum.h"

#include <algorithm>

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;
using std::chrono::nanoseconds;

constexpr Seconds kCost{0.004};        // of a window, to aim at
constexpr Seconds kFirstSpan{0.0005};  // until something is known
constexpr Seconds kLeastSpan{20e-6};
constexpr Seconds kMostSpan{0.2};
constexpr Seconds kLeastPeriod{0.05};
constexpr Seconds kMostPeriod{10};
constexpr double kLeastShare = 0.05;  // of a CPU that a target which waits for one is taken to get
constexpr std::uint32_t kLearning = 3;  // windows until the rest is believed

template <typename To>
To to(Seconds time) {
  return std::chrono::duration_cast<To>(time);
}

}  // namespace

SampledStratum::SampledStratum(ProbeKeepers& keepers, const PythonTarget& target,
                               const SiteHits& hits, tmbpf_stratum stratum, bool freelists)
    : probes_(keepers, target, hits, sites_of(target, stratum, freelists), stratum),
      candidates_(target.identity.pid, target.python, stratum == TMBPF_STRATUM_SMALL),
      random_(std::random_device{}()),
      span_(kFirstSpan),
      cost_(kCost),
      progress_(target.identity.pid) {
  restart();
}

void SampledStratum::restart() {
  learned_ = 0;
  span_ = kFirstSpan;
  begin_ = Clock::now();
  told_ = begin_;
  told_at_ = begin_;
  told_progress_ = progress_.now();
  schedule();
}

bool SampledStratum::is_learning() const { return learned_ < kLearning; }

double SampledStratum::hit_rate() const { return rate_; }

SamplingWindow::Plan SampledStratum::plan(Seconds trap) const {
  return {.span = to<nanoseconds>(span_),
          .most = to<nanoseconds>(span_ + 5 * kCost),
          .trap = to<nanoseconds>(trap),
          .number = number_};
}

void SampledStratum::schedule() {
  period_ = is_learning() ? kLeastPeriod
                          : std::clamp<Seconds>(cost_ / budget_ + cost_, kLeastPeriod, kMostPeriod);
  const double place = std::uniform_real_distribution<double>(0, 1)(random_);
  opening_ = begin_ + to<Clock::duration>(period_ * place);
}

// Of the time since a window told: what the target did not wait for a CPU, as it does not in a
// window's own time.
double SampledStratum::usable_share() {
  const Clock::time_point now = Clock::now();
  const Seconds progress = progress_.now();
  const Seconds passed = now - told_at_;
  const double share = passed > Seconds(0) ? (progress - told_progress_) / passed : 1;
  told_at_ = now;
  told_progress_ = progress;
  return std::clamp(share, kLeastShare, 1.0);
}

void SampledStratum::take(WindowResult& result, Seconds stray) {
  const Seconds own = result.own;
  own_ += own;
  hits_ += result.hits;
  forget(result.touched);
  begin_ = std::max(Clock::now(), begin_ + to<Clock::duration>(period_));
  if (result.complete && result.timed && own > Seconds(0)) {
    const double weight = usable_share() * Seconds(begin_ - told_) / own;
    for (SeenBlock& seen : result.live) {
      seen.block.weight = weight;
    }
    candidates_.add(result.live, Clock::now());
    told_ = begin_;
  }
  const Seconds cost = std::max<Seconds>(result.cost, kCost / 100);
  const double rate = own > Seconds(0) ? static_cast<double>(result.hits) / own.count() : 0;
  const double old = is_learning() ? 0.5 : 0.8;
  span_ = std::clamp(span_ * std::clamp(kCost / cost, 0.5, 1.3), kLeastSpan, kMostSpan);
  cost_ = old * cost_ + (1 - old) * (cost + stray);
  rate_ = old * rate_ + (1 - old) * rate;
  ++number_;
  ++learned_;
  schedule();
}

void SampledStratum::forget(std::span<const std::uint64_t> addresses) {
  for (const std::uint64_t address : addresses) {
    candidates_.remove(address);
  }
}

}  // namespace tmbpf
