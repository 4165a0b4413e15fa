// SPDX-License-Identifier: Apache-2.0
// How far an estimated sum may be off.
#pragma once

#include <cstdint>

#include "userspace/model/replicate_sum.h"

namespace tmbpf {

// Half of the width of the 95 % confidence interval, rounded up; 0: exact.
struct EstimateError {
  std::uint64_t size = 0;   // bytes
  std::uint64_t count = 0;  // blocks
};

// By the delete-a-group jackknife: (R - 1) / R times the sum of the squares by which the R
// replicates differ from their mean is the variance; Student's t does the rest. It has as many
// degrees of freedom as there are groups that had a say, less one, and at least 2: with few windows
// not every group has one, and a stack that was seen in few has its spread from these alone.
EstimateError error_of(const ReplicateSum& sum);

// Of `now` - `before`. In one session, both were estimated from the same groups of windows: what
// they share cancels out. Sums of two sessions have nothing to do with each other.
EstimateError error_of_difference(const ReplicateSum& now, const ReplicateSum& before,
                                  bool same_session);

}  // namespace tmbpf
