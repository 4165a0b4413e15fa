// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/hit_cost.h"

#include <algorithm>

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kUsualTrap{1e-6};
constexpr Seconds kLeastTrap{200e-9};
constexpr Seconds kInstructions{30e-9};  // the target's own, between two hits at the least
constexpr Seconds kShort{0.2e-6};        // our program's part of a hit that does not count
constexpr double kMayGrow = 1.02;

}  // namespace

void HitCost::assume(Seconds trap, Seconds program) {
  if (!told_) {
    trap_ = trap;
    program_ = program;
  }
}

// The shortest time from one hit to the next is the kernel's part of a hit, and a few instructions.
void HitCost::learn(const WindowResult& result) {
  if (result.least_gap.count() == 0) {
    trap_ = trap_ == Seconds(0) ? kUsualTrap : trap_;
    return;
  }
  const Seconds least = std::max<Seconds>(result.least_gap - kInstructions, kLeastTrap);
  trap_ = told_ ? std::min(least, trap_ * kMayGrow) : least;
  program_ = Seconds(result.inside) / static_cast<double>(result.hits);
  told_ = true;
}

Seconds HitCost::ignored() const { return trap_ + kShort; }

double HitCost::rate(std::uint64_t hits, Seconds own) const {
  const auto number = static_cast<double>(hits);
  const Seconds rest = std::max(own - number * trap_, number * kInstructions);
  return hits > 0 ? number / rest.count() : 0;
}

}  // namespace tmbpf
