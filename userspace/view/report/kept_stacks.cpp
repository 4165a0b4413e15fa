// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/kept_stacks.h"

#include <algorithm>
#include <tuple>

namespace tmbpf {
namespace {

constexpr std::uint32_t kNone = StackTree::kNone;

// Ends of stacks, the largest first; equal ones in the order of the tree.
std::vector<std::uint32_t> ranked_ends(const StackTree& tree) {
  std::vector<std::uint32_t> ends;
  const auto& nodes = tree.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].now != Amount{} || nodes[i].before != Amount{}) {
      ends.push_back(i);
    }
  }
  std::ranges::stable_sort(ends, std::ranges::greater{}, [&nodes](std::uint32_t end) {
    const StackTree::Node& node = nodes[end];
    return std::tuple(std::max(node.now.size, node.before.size),
                      std::max(node.now.count, node.before.count));
  });
  return ends;
}

class Selection {
 public:
  Selection(const StackTree& tree, KeptStacks& kept)
      : tree_(tree),
        kept_(kept),
        strings_(tree.strings().size(), kNone),
        frames_(tree.frames().size(), kNone),
        nodes_(tree.nodes().size(), kNone) {
    string_number(0);
  }

  // Whether the stack fitted.
  bool keep(std::uint32_t end, std::size_t max_nodes) {
    path_.clear();
    for (std::uint32_t node = end; node != kNone && nodes_[node] == kNone;
         node = tree_.nodes()[node].parent) {
      path_.push_back(node);
    }
    if (kept_.nodes.size() + path_.size() > max_nodes) {
      return false;
    }
    std::ranges::reverse(path_);
    for (const std::uint32_t node : path_) {
      add_node(node);
    }
    const StackTree::Node& node = tree_.nodes()[end];
    kept_.stacks.push_back({.node = nodes_[end],
                            .hidden = node.hidden,
                            .now = node.now,
                            .before = node.before,
                            .now_replicates = node.now_replicates,
                            .before_replicates = node.before_replicates});
    return true;
  }

 private:
  void add_node(std::uint32_t number) {
    const StackTree::Node& node = tree_.nodes()[number];
    nodes_[number] = static_cast<std::uint32_t>(kept_.nodes.size());
    kept_.nodes.push_back({.parent = node.parent == kNone ? kNone : nodes_[node.parent],
                           .frame = frame_number(node.frame)});
  }

  std::uint32_t frame_number(std::uint32_t number) {
    if (frames_[number] == kNone) {
      const StackTree::TreeFrame& frame = tree_.frames()[number];
      frames_[number] = static_cast<std::uint32_t>(kept_.frames.size());
      kept_.frames.push_back({.filename = string_number(frame.filename),
                              .lineno = frame.lineno,
                              .function = string_number(frame.function)});
    }
    return frames_[number];
  }

  std::uint32_t string_number(std::uint32_t number) {
    if (strings_[number] == kNone) {
      strings_[number] = static_cast<std::uint32_t>(kept_.strings.size());
      kept_.strings.push_back(number);
    }
    return strings_[number];
  }

  const StackTree& tree_;
  KeptStacks& kept_;
  // From numbers of the tree to those of `kept_`.
  std::vector<std::uint32_t> strings_;
  std::vector<std::uint32_t> frames_;
  std::vector<std::uint32_t> nodes_;
  std::vector<std::uint32_t> path_;
};

void add_other(const StackTree& tree, const StackTree::Node& end, KeptStacks& kept) {
  ++kept.other_stacks;
  kept.other_now.add(end.now);
  kept.other_before.add(end.before);
  if (end.now_replicates != kNone) {
    kept.other_now_replicates.add(tree.replicates()[end.now_replicates]);
  }
  if (end.before_replicates != kNone) {
    kept.other_before_replicates.add(tree.replicates()[end.before_replicates]);
  }
}

}  // namespace

KeptStacks keep_largest(const StackTree& tree, std::size_t max_stacks, std::size_t max_nodes) {
  KeptStacks kept;
  Selection selection(tree, kept);
  bool full = false;
  for (const std::uint32_t end : ranked_ends(tree)) {
    full = full || kept.stacks.size() >= max_stacks || !selection.keep(end, max_nodes);
    if (full) {
      add_other(tree, tree.nodes()[end], kept);
    }
  }
  return kept;
}

}  // namespace tmbpf
