// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/call_tree.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace tmbpf {
namespace {

using Frames = std::vector<std::uint64_t>;

Frames frames_of(const CallTree& tree, CallTree::Node node) {
  Frames frames{999};  // what was there goes
  tree.get(node, frames);
  return frames;
}

TEST(CallTree, gives_back_what_was_added) {
  CallTree tree;
  const CallTree::Node inner = tree.add(Frames{3, 2, 1});
  const CallTree::Node outer = tree.add(Frames{2, 1});
  EXPECT_EQ(frames_of(tree, inner), (Frames{3, 2, 1}));
  EXPECT_EQ(frames_of(tree, outer), (Frames{2, 1}));
}

TEST(CallTree, a_stack_without_frames_is_no_frame) {
  CallTree tree;
  EXPECT_EQ(tree.add({}), CallTree::kNoFrames);
  EXPECT_EQ(frames_of(tree, CallTree::kNoFrames), Frames{});
}

TEST(CallTree, stores_common_callers_once) {
  CallTree tree;
  Frames deep(100);
  for (std::size_t i = 0; i < deep.size(); ++i) {
    deep[i] = i;
  }
  tree.add(deep);
  const std::size_t before = tree.size();
  for (std::uint64_t line = 1000; line < 1050; ++line) {
    deep[0] = line;
    tree.add(deep);
  }
  EXPECT_EQ(tree.size(), before + 50);
}

TEST(CallTree, the_same_frames_in_another_order_are_another_stack) {
  CallTree tree;
  EXPECT_NE(tree.add(Frames{1, 2}), tree.add(Frames{2, 1}));
  EXPECT_NE(tree.add(Frames{1, 1}), tree.add(Frames{1}));
}

TEST(CallTree, keeps_many_random_stacks_apart) {
  std::mt19937_64 random(7);
  CallTree tree;
  std::map<Frames, CallTree::Node> nodes;
  for (int i = 0; i < 20000; ++i) {
    Frames frames(random() % 12);
    for (std::uint64_t& frame : frames) {
      frame = (random() % 6) << 32 | random() % 3;
    }
    const CallTree::Node node = tree.add(frames);
    const auto [known, added] = nodes.emplace(frames, node);
    ASSERT_EQ(known->second, node);
    ASSERT_EQ(frames_of(tree, node), frames);
  }
  std::map<CallTree::Node, Frames> back;
  for (const auto& [frames, node] : nodes) {
    ASSERT_TRUE(back.emplace(node, frames).second);
  }
}

}  // namespace
}  // namespace tmbpf
