// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/sample_order.h"

#include <algorithm>
#include <compare>
#include <tuple>

namespace tmbpf {
namespace {

auto key_of(const Trace& trace) {
  return std::tuple(is_alone(trace), trace.domain, trace.size, trace.time, trace.address,
                    trace.weight);
}

}  // namespace

void sort_for_samples(std::span<Trace> traces, const Snapshot& snapshot) {
  if (!snapshot.traces().has_replicates()) {  // faster, and the rule
    std::ranges::sort(traces, {}, key_of);
    return;
  }
  constexpr Replicates kNone{};
  const auto content = [&](const Trace& trace) -> const Replicates& {
    return trace.replicates == 0 ? kNone : snapshot.replicates(trace.replicates);
  };
  std::ranges::sort(traces, [&content](const Trace& one, const Trace& other) {
    const auto order = key_of(one) <=> key_of(other);
    return std::is_neq(order) || one.replicates == other.replicates ? std::is_lt(order)
                                                                    : content(one) < content(other);
  });
}

}  // namespace tmbpf
