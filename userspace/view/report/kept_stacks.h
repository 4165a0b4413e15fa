// SPDX-License-Identifier: Apache-2.0
// The part of a StackTree that a report shows one by one, numbered anew without gaps, and the sum
// of all else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "userspace/view/report/stack_tree.h"

namespace tmbpf {

struct KeptStacks {
  struct Stack {
    std::uint32_t node = 0;  // in `nodes`: its most recent frame
    std::uint32_t hidden = 0;
    Amount now;
    Amount before;
    std::uint32_t now_replicates = StackTree::kNone;  // in the tree's
    std::uint32_t before_replicates = StackTree::kNone;
  };
  struct Node {
    std::uint32_t parent = StackTree::kNone;  // in `nodes`, before the node itself
    std::uint32_t frame = 0;                  // in `frames`
  };

  std::vector<std::uint32_t> strings;        // numbers in the tree; the first is the empty string
  std::vector<StackTree::TreeFrame> frames;  // in terms of `strings`; of the largest stacks first
  std::vector<Node> nodes;
  std::vector<Stack> stacks;  // descending by the larger of their new and old bytes
  std::size_t other_stacks = 0;
  Amount other_now;
  Amount other_before;
  ReplicateSum other_now_replicates;
  ReplicateSum other_before_replicates;
};

// At most that many stacks and nodes. A stack whose frames would be too many is left out, and those
// after it.
KeptStacks keep_largest(const StackTree& tree, std::size_t max_stacks, std::size_t max_nodes);

}  // namespace tmbpf
