// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/pool_sites.h"

#include <algorithm>

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kShare = 0.2;  // of the budget
constexpr double kBurst = 4;    // times that share, until it is not listened any more
constexpr double kReturn = 2;   // traps that one at a function's return costs
constexpr Seconds kProgram{0.6e-6};
constexpr Seconds kSlot{0.25};

}  // namespace

PoolSites::PoolSites(WindowProbes& probes, const SiteHits& hits) : probes_(probes), hits_(hits) {}

std::uint64_t PoolSites::hits() const {
  std::uint64_t sum = 0;
  for (const std::size_t site : probes_.sites()) {
    if (probes_.takes_pools(site)) {
      sum += hits_.of(site);
    }
  }
  return sum;
}

PoolSites::Seconds PoolSites::cost(Seconds trap) { return kReturn * trap + kProgram; }

void PoolSites::begin(bool listen) {
  probes_.listen(listen);
  restart();
}

void PoolSites::restart() {
  counted_ = hits();
  since_ = Clock::now();
}

void PoolSites::watch(Seconds trap, double budget) {
  if (trap <= Seconds(0)) {
    return;
  }
  const Seconds elapsed = Clock::now() - since_;
  const auto fresh = static_cast<double>(hits() - counted_);
  const double allowed = budget * kShare / cost(trap).count();  // in a second
  const bool too_many = probes_.listens() && fresh > kBurst * allowed * kSlot.count();
  if (elapsed < kSlot && !too_many) {
    return;
  }
  if (probes_.listens()) {
    rate_ = fresh / elapsed.count();
  }
  const double share = rate_ > allowed ? allowed / rate_ : 1;
  begin(!too_many && std::uniform_real_distribution<double>(0, 1)(random_) < share);
}

}  // namespace tmbpf
