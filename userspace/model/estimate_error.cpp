// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/estimate_error.h"

#include <cmath>
#include <limits>

namespace tmbpf {
namespace {

constexpr auto kGroups = static_cast<double>(kReplicates);
constexpr double kStudent = 2.093;  // the 0.975 quantile of t with 19 degrees of freedom
static_assert(kReplicates == 20);

using Values = ReplicateSum::Values;

// Taken from the first value, so that equal ones have none at all.
double variance(const Values& values) {
  double mean = 0;
  for (const double value : values) {
    mean += (value - values[0]) / kGroups;
  }
  double squares = 0;
  for (const double value : values) {
    const double off = value - values[0] - mean;
    squares += off * off;
  }
  return (kGroups - 1) / kGroups * squares;
}

double variance_of_difference(const Values& now, const Values& before, bool same_session) {
  if (!same_session) {
    return variance(now) + variance(before);
  }
  Values difference{};
  for (std::size_t i = 0; i < kReplicates; ++i) {
    difference[i] = now[i] - before[i];
  }
  return variance(difference);
}

std::uint64_t half_width(double variance) {
  constexpr double kNoise = 1e-3;  // sums that should be equal may differ in their last bits
  constexpr double kLimit = 18446744073709551616.0;  // 2^64
  const double width = kStudent * std::sqrt(variance);
  if (width < kNoise) {
    return 0;
  }
  return width < kLimit ? static_cast<std::uint64_t>(std::ceil(width))
                        : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

EstimateError error_of(const ReplicateSum& sum) {
  return {.size = half_width(variance(sum.sizes())), .count = half_width(variance(sum.counts()))};
}

EstimateError error_of_difference(const ReplicateSum& now, const ReplicateSum& before,
                                  bool same_session) {
  return {.size = half_width(variance_of_difference(now.sizes(), before.sizes(), same_session)),
          .count = half_width(variance_of_difference(now.counts(), before.counts(), same_session))};
}

}  // namespace tmbpf
