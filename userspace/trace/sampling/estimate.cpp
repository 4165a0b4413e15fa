// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/estimate.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "userspace/trace/sampling/weight_sum.h"

namespace tmbpf {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;  // stack, size

struct SizeClass {
  WeightSum sum;
  std::map<Key, WeightSum> traces;
  std::vector<SampledBlock> of_pools;

  void add(const SampledBlock& block) {
    if (block.weight > 0) {
      sum.add(block);
      traces[{block.stack, block.size}].add(block);
    } else {
      of_pools.push_back(block);
    }
  }
  // What windows did not see is what pools tell.
  void add_missed(std::uint64_t total) {
    const double missed = static_cast<double>(total) - sum.all;
    if (of_pools.empty() || missed <= error_of(sum)) {
      return;
    }
    for (SampledBlock block : of_pools) {
      block.weight = missed / static_cast<double>(of_pools.size());
      add(block);
    }
  }
};

// Sums that should be 0 may be off by rounding.
double share(double part, double all) {
  return all > 0 && part > all * 1e-9 ? std::min(part / all, 1.0) : 0;
}

void add_traces(Estimate& estimate, const SizeClass& size_class, std::uint64_t total) {
  const auto blocks = static_cast<double>(total);
  for (const auto& [key, sum] : size_class.traces) {
    EstimatedTrace trace{.stack = key.first,
                         .size = key.second,
                         .weight = blocks * share(sum.all, size_class.sum.all)};
    for (std::size_t group = 0; group < kReplicates; ++group) {
      trace.replicates[group] =
          static_cast<float>(blocks * share(sum.all - sum.groups[group],
                                            size_class.sum.all - size_class.sum.groups[group]));
    }
    estimate.traces.push_back(trace);
  }
}

}  // namespace

Estimate make_estimate(std::span<const SampledBlock> blocks, std::span<const std::uint64_t> totals,
                       std::uint32_t alignment) {
  std::vector<SizeClass> classes(totals.size());
  for (const SampledBlock& block : blocks) {
    const std::size_t index = block.size == 0 ? totals.size() : (block.size - 1) / alignment;
    if (index < totals.size()) {
      classes[index].add(block);
    }
  }
  Estimate estimate;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    classes[i].add_missed(totals[i]);
    if (classes[i].traces.empty()) {
      estimate.unknown += totals[i];
      estimate.unknown_bytes += totals[i] * (i + 1) * alignment;
    } else if (totals[i] != 0) {
      estimate.blocks += totals[i];
      add_traces(estimate, classes[i], totals[i]);
    }
  }
  return estimate;
}

void add_by_weight(Estimate& estimate, std::span<const SampledBlock> blocks) {
  std::map<Key, WeightSum> traces;
  std::map<Key, double> sure;
  for (const SampledBlock& block : blocks) {
    if (block.window == SampledBlock::kNoWindow) {
      sure[{block.stack, block.size}] += block.weight;
    } else {
      traces[{block.stack, block.size}].add(block);
    }
  }
  for (const auto& [key, weight] : sure) {
    estimate.traces.push_back(
        {.stack = key.first, .size = key.second, .weight = weight, .sure = true});
  }
  for (const auto& [key, sum] : traces) {
    EstimatedTrace trace{.stack = key.first, .size = key.second, .weight = sum.all};
    for (std::size_t group = 0; group < kReplicates; ++group) {
      trace.replicates[group] = static_cast<float>(sum.without(group));
    }
    estimate.traces.push_back(trace);
  }
}

}  // namespace tmbpf
