// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/recorded_sample.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "userspace/model/replicates.h"

namespace tmbpf {
namespace {

SampledBlock sampled(const LiveBlock& block) {
  return {.address = block.address,
          .stack = block.trace.stack,
          .size = static_cast<std::uint32_t>(block.trace.size),
          .window = SampledBlock::kNoWindow};
}

}  // namespace

std::vector<SampledBlock> sample_recorded(std::span<const LiveBlock> blocks, std::size_t most) {
  std::vector<SampledBlock> sample;
  sample.reserve(std::min(blocks.size(), most));
  if (blocks.size() <= most) {
    std::ranges::transform(blocks, std::back_inserter(sample), sampled);
    return sample;
  }
  std::minstd_rand random(std::random_device{}());
  std::vector<LiveBlock> chosen;
  chosen.reserve(most);
  std::ranges::sample(blocks, std::back_inserter(chosen), static_cast<std::ptrdiff_t>(most),
                      random);
  for (const LiveBlock& block : chosen) {
    sample.push_back(sampled(block));
    sample.back().weight = static_cast<double>(blocks.size()) / static_cast<double>(most);
    sample.back().window = static_cast<std::uint32_t>(random() % kReplicates);
  }
  return sample;
}

}  // namespace tmbpf
