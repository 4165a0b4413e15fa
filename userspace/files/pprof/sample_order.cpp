// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/sample_order.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <tuple>

namespace tmbpf {
namespace {

auto key_of(const Trace& trace) {
  return std::tuple(is_alone(trace), trace.domain, trace.size, trace.time, trace.address,
                    trace.weight, trace.replicates != 0);
}

}  // namespace

bool is_whole(double weight) { return weight == std::floor(weight); }

bool is_alone(const Trace& trace) {
  return trace.time != 0 || trace.address != 0 || trace.replicates != 0 || !is_whole(trace.weight);
}

void sort_for_samples(std::span<Trace> traces, const Snapshot& snapshot) {
  std::ranges::sort(traces, [&snapshot](const Trace& one, const Trace& other) {
    const auto order = key_of(one) <=> key_of(other);
    if (std::is_neq(order) || one.replicates == other.replicates) {
      return std::is_lt(order);
    }
    return snapshot.replicates(one.replicates) < snapshot.replicates(other.replicates);
  });
}

}  // namespace tmbpf
