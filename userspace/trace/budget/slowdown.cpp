// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/slowdown.h"

#include <algorithm>

namespace tmbpf {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kKept{10};
constexpr Seconds kBurst{0.1};        // of debt
constexpr double kLeastShare = 0.05;  // of a core

}  // namespace

Seconds own_time(Seconds cpu, Seconds cost, Seconds elapsed) {
  return std::max(std::min(cpu, elapsed) - cost, kLeastShare * elapsed);
}

Seconds Slowdown::own(const Point& point, Seconds elapsed) {
  return own_time(point.cpu, point.cost.all, elapsed);
}

void Slowdown::add(Clock::time_point now, Seconds cpu, const Cost& cost) {
  if (points_.empty()) {
    points_.push_back({.at = now});
    cpu_ = cpu;
    return;
  }
  const Seconds elapsed = now - points_.back().at;
  const Point point{.at = now, .cpu = cpu - cpu_, .cost = cost};
  cpu_ = cpu;
  debt_ += cost.all - budget_ * own(point, elapsed);
  debt_ = std::max(debt_, Seconds(0));
  points_.push_back(point);
  while (points_.size() > 2 && now - points_.front().at > kKept) {
    points_.pop_front();
  }
}

bool Slowdown::is_overrun() const { return debt_ > kBurst; }

Slowdown::Shares Slowdown::of_last(Seconds time) const {
  Point sum;
  Seconds elapsed{0};
  for (std::size_t i = points_.size(); i-- > 1 && elapsed < time;) {
    sum.cpu += points_[i].cpu;
    sum.cost.all += points_[i].cost.all;
    sum.cost.avoidable += points_[i].cost.avoidable;
    elapsed = points_.back().at - points_[i - 1].at;
  }
  if (sum.cost.all <= Seconds(0)) {
    return {};
  }
  const Seconds rest = own(sum, elapsed);
  return {.all = sum.cost.all / rest, .rest = (sum.cost.all - sum.cost.avoidable) / rest};
}

}  // namespace tmbpf
