// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/raw_estimate.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "userspace/trace/sampling/malloc_growth.h"
#include "userspace/trace/sampling/share_error.h"
#include "userspace/trace/sampling/weight_sum.h"

namespace tmbpf {
namespace {

constexpr double kExpected = 3;   // sampled blocks of a class; if there are none, it is others'
constexpr std::size_t kNear = 4;  // classes: a doubling
// Times that weights may be too small: of a window's time a part passes in the kernel, which takes
// longer for some hits than the least that is taken off for each.
constexpr double kTooSmall = 1.5;

using Key = std::pair<std::uint64_t, std::uint64_t>;  // stack, size

struct RawClass {
  WeightSum bytes;    // of chunks, as the weights say
  double least = 0;   // bytes of the sampled chunks alone
  double blocks = 0;  // sampled
  double growth = 0;  // bytes
  std::map<Key, WeightSum> traces;
};
using RawClasses = std::map<std::size_t, RawClass>;

// Also by how much less the growth is for those that are no estimate.
RawClasses classes_of(std::span<const PlacedBlock> blocks, std::vector<std::uint64_t>& growth,
                      std::vector<SampledBlock>& sure) {
  RawClasses classes;
  for (const PlacedBlock& placed : blocks) {
    const SampledBlock& block = placed.block;
    const std::size_t index = malloc_class(placed.chunk_size);
    if (block.window != SampledBlock::kNoWindow) {
      RawClass& of = classes[index];
      of.bytes.add(block, static_cast<double>(placed.chunk_size));
      ++of.blocks;
      of.least += static_cast<double>(placed.chunk_size);
      of.traces[{block.stack, block.size}].add(block);
      continue;
    }
    sure.push_back(block);
    if (index < growth.size()) {
      const double bytes = block.weight * static_cast<double>(placed.chunk_size);
      growth[index] -= std::min(growth[index], static_cast<std::uint64_t>(bytes));
    }
  }
  return classes;
}

// Of those that are estimates.
double mean_weight(std::span<const PlacedBlock> blocks) {
  double sum = 0;
  double number = 0;
  for (const PlacedBlock& placed : blocks) {
    if (placed.block.window != SampledBlock::kNoWindow) {
      sum += placed.block.weight;
      ++number;
    }
  }
  return number > 0 ? sum / number : 0;
}

RawClass* nearest(RawClasses& classes, std::size_t index) {
  const auto above = classes.lower_bound(index);
  RawClass* found = nullptr;
  std::size_t distance = kNear + 1;
  if (above != classes.end() && above->first - index < distance) {
    found = &above->second;
    distance = above->first - index;
  }
  if (above != classes.begin() && index - std::prev(above)->first < distance) {
    found = &std::prev(above)->second;
  }
  return found;
}

void share_growth(RawClasses& classes, const std::vector<std::uint64_t>& growth,
                  double blocks_of_one) {
  for (std::size_t index = 0; index < growth.size(); ++index) {
    const auto bytes = static_cast<double>(growth[index]);
    const bool sampled = classes.contains(index);
    const auto size = static_cast<double>(malloc_class_size(index));
    if (bytes > 0 && (sampled || bytes / size < kExpected * blocks_of_one)) {
      if (RawClass* of = nearest(classes, index)) {
        of->growth += bytes;
      }
    }
  }
}

// By how much the weights are scaled; `whole`: with or without a group they add up to the growth;
// `open`: which part of them may still be others' than Python's.
struct Scale {
  double factor = 1;
  bool whole = false;
  double open = 0;
};

Scale scale_of(const RawClass& of) {
  const double growth = std::max(of.growth, of.least);
  const double factor = growth / of.bytes.all;
  if (factor <= 1) {
    return {.factor = factor, .whole = true, .open = unseen_share(of.blocks)};
  }
  const bool near = growth <= kTooSmall * (of.bytes.all + error_of(of.bytes));
  return near ? Scale{.factor = factor, .whole = false, .open = 1 - 1 / factor} : Scale{};
}

double replicate(const RawClass& of, const WeightSum& sum, const Scale& scale, std::size_t group) {
  if (!scale.whole) {
    return sum.without(group) * scale.factor;
  }
  const double rest = of.bytes.without(group);
  const bool any = rest > of.bytes.all * 1e-9;  // sums that should be 0 may be off by rounding
  return any ? sum.without(group) * scale.factor * of.bytes.all / rest : 0;
}

void add_traces(Estimate& estimate, const RawClass& of, const Signs& signs) {
  const Scale scale = scale_of(of);
  for (const auto& [key, sum] : of.traces) {
    EstimatedTrace trace{.stack = key.first, .size = key.second, .weight = sum.all * scale.factor};
    for (std::size_t group = 0; group < kReplicates; ++group) {
      trace.replicates[group] = static_cast<float>(replicate(of, sum, scale, group));
    }
    add_error(trace.replicates, trace.weight * scale.open, signs);
    estimate.traces.push_back(trace);
  }
}

}  // namespace

void add_within_growth(Estimate& estimate, std::span<const PlacedBlock> blocks,
                       std::vector<std::uint64_t> growth) {
  std::vector<SampledBlock> sure;
  RawClasses classes = classes_of(blocks, growth, sure);
  share_growth(classes, growth, mean_weight(blocks));
  for (const auto& [index, of] : classes) {
    add_traces(estimate, of, signs_of(index));
  }
  add_by_weight(estimate, sure);
}

}  // namespace tmbpf
