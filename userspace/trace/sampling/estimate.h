// SPDX-License-Identifier: Apache-2.0
// What a heap holds, line by line, from a sample of its blocks: totals from the heap, shares from
// the sample.
//
// The heap says exactly how many blocks of each size class were allocated since the attach and
// live. Whose they are is told by the sampled blocks among them, each standing for as many as its
// weight says: a stack has the share of its weights in its size class. A wrong common factor of the
// weights cancels out. Blocks that were recorded stand for themselves; the rest of the total is
// shared by the others.
//
// Windows may have missed bursts: a size class of which they saw nothing that lives is shared out
// among the first blocks of pools that were taken between windows (taken_pools.h), which else do
// not count.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "userspace/model/replicates.h"
#include "userspace/trace/sampling/sampled_block.h"

namespace tmbpf {

struct EstimatedTrace {
  std::uint64_t stack = 0;
  std::uint64_t size = 0;   // bytes of one block, as requested
  double weight = 0;        // blocks
  bool sure = false;        // the weight is no estimate
  Replicates replicates{};  // else: weights without the windows of each group
};

struct Estimate {
  std::vector<EstimatedTrace> traces;
  std::uint64_t blocks = 0;         // that the heap has of those sampled from: the traces' sum
  std::uint64_t unknown = 0;        // more, in size classes of which no sampled block lives
  std::uint64_t unknown_bytes = 0;  // of those
};

// `blocks`: the sampled ones that live. `totals[i]`: blocks since the attach of size class i, of
// which a request of n bytes has the index (n - 1) / alignment.
Estimate make_estimate(std::span<const SampledBlock> blocks, std::span<const std::uint64_t> totals,
                       std::uint32_t alignment);

// Adds blocks of which nobody knows the total: each counts as what it stands for.
void add_by_weight(Estimate& estimate, std::span<const SampledBlock> blocks);

}  // namespace tmbpf
