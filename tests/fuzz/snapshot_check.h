// SPDX-License-Identifier: Apache-2.0
// What fuzzers of readers require of a snapshot; all abort() when it does not hold.
#pragma once

#include "userspace/model/snapshot.h"

namespace tmbpf {

void require(bool condition);

// Names valid, tracebacks as they must be. Returns the sum of the weights.
double look_at(const Snapshot& snapshot);

// Of one table: trace for trace, limit and metadata; a NaN equals a NaN.
void require_same(const Snapshot& left, const Snapshot& right);

}  // namespace tmbpf
