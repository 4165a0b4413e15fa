// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/quiet_sites.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kShare = 0.15;      // of the budget
constexpr double kPlanned = 0.4;     // of that, when sites are chosen: they may be hit more often
constexpr Seconds kBurst{0.5};       // of that at once, until some are let go
constexpr Seconds kForget{5};        // counts begin anew
constexpr std::uint32_t kLater = 3;  // times as many windows until the next ranking
constexpr std::uint64_t kFew = 100;  // hits in the first windows tell nothing

}  // namespace

QuietSites::QuietSites(WindowProbes& probes, const SiteHits& hits)
    : probes_(probes), hits_(hits), base_(probes.sites().empty() ? 0 : probes.sites().back() + 1) {}

void QuietSites::restart() {
  for (const std::size_t site : probes_.sites()) {
    base_[site] = hits_.of(site);
  }
  forget();
}

void QuietSites::begin() {
  counted_.resize(kept_.size());
  for (std::size_t site = 0; site < kept_.size(); ++site) {
    counted_[site] = hits_.of(site);
  }
  since_ = Clock::now();
}

void QuietSites::keep(const std::vector<bool>& kept) {
  kept_ = kept;
  probes_.keep(kept_);
  begin();
}

// What was counted for the others came from windows, or while their probes came and went.
void QuietSites::rank(double own, std::uint64_t seen, Seconds hit, double budget) {
  if (++windows_ < next_ranking_ || own <= 0 || (windows_ < kLater && seen < kFew)) {
    return;
  }
  std::vector<bool> kept = kept_;
  kept.resize(probes_.sites().empty() ? 0 : probes_.sites().back() + 1);
  std::vector<std::pair<std::uint64_t, std::size_t>> others;
  for (const std::size_t site : probes_.sites()) {
    if (!kept[site] && !probes_.takes_pools(site)) {
      others.emplace_back(hits_.of(site) - base_[site], site);
    }
  }
  next_ranking_ = windows_ * kLater;
  std::ranges::sort(others);
  double cost = 0;
  for (const auto& [hits, site] : others) {
    cost += static_cast<double>(hits) / own * hit.count();
    if (cost > budget * kShare * kPlanned) {
      break;
    }
    kept[site] = true;
  }
  if (kept != kept_) {
    keep(kept);
  }
}

void QuietSites::forget() {
  kept_.clear();
  windows_ = 0;
  next_ranking_ = 1;
}

void QuietSites::watch(Seconds hit, double budget) {
  std::vector<std::pair<std::uint64_t, std::size_t>> busy;
  std::uint64_t hits = 0;
  for (std::size_t site = 0; site < kept_.size(); ++site) {
    const std::uint32_t fresh = kept_[site] ? hits_.of(site) - counted_[site] : 0;
    if (fresh != 0) {
      hits += fresh;
      busy.emplace_back(fresh, site);
    }
  }
  const Seconds elapsed = Clock::now() - since_;
  const double allowed = budget * kShare * std::max(elapsed, kBurst) / hit;
  if (static_cast<double>(hits) <= allowed) {
    if (elapsed > kForget) {
      begin();
    }
    return;
  }
  std::ranges::sort(busy, std::greater());
  std::vector<bool> kept = kept_;
  for (const auto& [fresh, site] : busy) {
    if (static_cast<double>(hits) <= allowed * kPlanned) {
      break;
    }
    hits -= fresh;
    kept[site] = false;
  }
  keep(kept);
}

}  // namespace tmbpf
