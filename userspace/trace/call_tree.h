// SPDX-License-Identifier: Apache-2.0
// Stacks as the BPF programs describe them, each frame that has the same callers stored once.
//
// Most stacks of a program share all but their most recent frames: half a million of a hundred
// frames each take a thirtieth of what as many vectors would.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tmbpf {

// Only grows. Not synchronised.
class CallTree {
 public:
  // Names a frame with all of its callers, and so a stack: that of its most recent frame.
  using Node = std::uint32_t;
  static constexpr Node kNoFrames = 0;

  CallTree();
  CallTree(const CallTree&) = delete;
  CallTree& operator=(const CallTree&) = delete;
  ~CallTree();

  // `frames`: any numbers, most recent first. The same ones give the same node.
  Node add(std::span<const std::uint64_t> frames);
  // What was added to get the node.
  void get(Node node, std::vector<std::uint64_t>& frames) const;
  [[nodiscard]] std::size_t size() const;  // nodes

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace tmbpf
