// SPDX-License-Identifier: Apache-2.0
// Which traces of a traceback share a Sample, and in which order samples come.
#pragma once

#include <cmath>
#include <span>

#include "userspace/model/snapshot.h"

namespace tmbpf {

// Whether the weight counts blocks, and is no estimate.
inline bool is_whole(double weight) { return weight == std::floor(weight); }

// What has a time, an address or an estimate for its weight has a Sample of its own.
inline bool is_alone(const Trace& trace) {
  return trace.time != 0 || trace.address != 0 || trace.replicates != 0 || !is_whole(trace.weight);
}

// Those that share one side by side, by ascending size. Goes by what the traces say, so that a file
// that was read is written again as it was. They are of `snapshot`.
void sort_for_samples(std::span<Trace> traces, const Snapshot& snapshot);

}  // namespace tmbpf
