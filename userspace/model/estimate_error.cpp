// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/estimate_error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tmbpf {
namespace {

constexpr auto kGroups = static_cast<double>(kReplicates);
constexpr double kMostDegrees = kGroups - 1;
constexpr double kLeastDegrees = 2;

using Values = ReplicateSum::Values;

struct Spread {
  double variance = 0;
  double degrees = kMostDegrees;  // of freedom: how well the variance is known
};

// Of n values that are normally distributed, squares^2 / fourths is n (n + 1) / (3 (n - 1)) in the
// mean, which this makes n - 1 of, to a tenth or two. Groups without a window add nothing to either
// sum, and one group that stands out leaves little else.
double degrees_of(double squares, double fourths) {
  return fourths > 0
             ? std::clamp(3 * (squares * squares / fourths) - 3.5, kLeastDegrees, kMostDegrees)
             : kMostDegrees;
}

// Taken from the first value, so that equal ones have none at all.
Spread spread(const Values& values) {
  double mean = 0;
  for (const double value : values) {
    mean += (value - values[0]) / kGroups;
  }
  double squares = 0;
  double fourths = 0;
  for (const double value : values) {
    const double off = value - values[0] - mean;
    squares += off * off;
    fourths += off * off * off * off;
  }
  return {.variance = (kGroups - 1) / kGroups * squares, .degrees = degrees_of(squares, fourths)};
}

// Of sums that have nothing to do with each other: the degrees by Welch and Satterthwaite.
Spread both(const Spread& one, const Spread& other) {
  const double variance = one.variance + other.variance;
  if (variance == 0) {
    return {};
  }
  const double share = one.variance / variance;
  return {.variance = variance,
          .degrees = 1 / (share * share / one.degrees + (1 - share) * (1 - share) / other.degrees)};
}

Spread spread_of_difference(const Values& now, const Values& before, bool same_session) {
  if (!same_session) {
    return both(spread(now), spread(before));
  }
  Values difference{};
  for (std::size_t i = 0; i < kReplicates; ++i) {
    difference[i] = now[i] - before[i];
  }
  return spread(difference);
}

// The 0.975 quantile of Student's t, within half a percent from two degrees of freedom on.
double student(double degrees) {
  return 1.96 + (2.37 + (2.82 + 3.6 / degrees) / degrees) / degrees;
}

std::uint64_t half_width(const Spread& spread) {
  constexpr double kNoise = 1e-3;  // sums that should be equal may differ in their last bits
  constexpr double kLimit = 18446744073709551616.0;  // 2^64
  const double width = student(spread.degrees) * std::sqrt(spread.variance);
  if (width < kNoise) {
    return 0;
  }
  return width < kLimit ? static_cast<std::uint64_t>(std::ceil(width))
                        : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

EstimateError error_of(const ReplicateSum& sum) {
  return {.size = half_width(spread(sum.sizes())), .count = half_width(spread(sum.counts()))};
}

EstimateError error_of_difference(const ReplicateSum& now, const ReplicateSum& before,
                                  bool same_session) {
  return {.size = half_width(spread_of_difference(now.sizes(), before.sizes(), same_session)),
          .count = half_width(spread_of_difference(now.counts(), before.counts(), same_session))};
}

}  // namespace tmbpf
