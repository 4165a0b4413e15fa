// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/estimate.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "userspace/trace/sampling/share_error.h"
#include "userspace/trace/sampling/weight_sum.h"

namespace tmbpf {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;  // stack, size

struct SizeClass {
  WeightSum sum;
  double squares = 0;   // of the weights
  bool missed = false;  // by all windows
  std::map<Key, WeightSum> traces;
  std::map<Key, std::uint64_t> recorded;
  std::uint64_t recorded_blocks = 0;
  std::vector<SampledBlock> of_pools;

  void add(const SampledBlock& block) {
    const Key key{block.stack, block.size};
    if (block.window == SampledBlock::kNoWindow) {
      ++recorded[key];
      ++recorded_blocks;
    } else if (block.weight > 0) {
      sum.add(block);
      squares += block.weight * block.weight;
      traces[key].add(block);
    } else {
      of_pools.push_back(block);
    }
  }
  // Where no window saw any of it: a pool's first block may be a kept twin of what churn had there.
  void add_missed(std::uint64_t total) {
    if (sum.all > 0 || total == 0) {
      return;
    }
    missed = true;
    for (SampledBlock block : of_pools) {
      block.weight = static_cast<double>(total) / static_cast<double>(of_pools.size());
      add(block);
    }
  }
  // Equally heavy ones that tell as much.
  [[nodiscard]] double blocks() const { return squares > 0 ? sum.all * sum.all / squares : 0; }
  // Of a share, beside what the groups say. A pool's first block is no random one.
  [[nodiscard]] double more_error() const { return missed ? 1 : unseen_share(blocks()); }
};

// Sums that should be 0 may be off by rounding.
double share(double part, double all) {
  return all > 0 && part > all * 1e-9 ? std::min(part / all, 1.0) : 0;
}

void add_traces(Estimate& estimate, const SizeClass& size_class, std::uint64_t total,
                const Signs& signs) {
  const auto blocks = static_cast<double>(total);
  for (const auto& [key, sum] : size_class.traces) {
    const double part = share(sum.all, size_class.sum.all);
    EstimatedTrace trace{.stack = key.first, .size = key.second, .weight = blocks * part};
    for (std::size_t group = 0; group < kReplicates; ++group) {
      trace.replicates[group] =
          static_cast<float>(blocks * share(sum.all - sum.groups[group],
                                            size_class.sum.all - size_class.sum.groups[group]));
    }
    add_error(trace.replicates, trace.weight * size_class.more_error(), signs);
    estimate.traces.push_back(trace);
  }
}

void add_recorded(Estimate& estimate, const SizeClass& size_class) {
  for (const auto& [key, blocks] : size_class.recorded) {
    estimate.traces.push_back({.stack = key.first,
                               .size = key.second,
                               .weight = static_cast<double>(blocks),
                               .sure = true});
  }
  estimate.blocks += size_class.recorded_blocks;
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
    add_recorded(estimate, classes[i]);
    const std::uint64_t others = totals[i] - std::min(totals[i], classes[i].recorded_blocks);
    classes[i].add_missed(others);
    if (classes[i].traces.empty()) {
      estimate.unknown += others;
      estimate.unknown_bytes += others * (i + 1) * alignment;
    } else if (others != 0) {
      estimate.blocks += others;
      add_traces(estimate, classes[i], others, signs_of(i));
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
