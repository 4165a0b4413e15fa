// SPDX-License-Identifier: Apache-2.0
// The stacks that the BPF programs described, by the ids that they gave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "userspace/model/ids.h"
#include "userspace/trace/call_tree.h"

namespace tmbpf {

struct DescribedStack {
  std::optional<TracebackId> traceback;  // from when somebody asked for it
  CallTree::Node frames = CallTree::kNoFrames;
  std::uint16_t total_nframe = 0;
  bool described = false;
};

// Ids count up from 0, but for those that are hashes.
class DescribedStacks {
 public:
  // Nullptr: not described.
  [[nodiscard]] DescribedStack* find(std::uint64_t id) {
    if (id < counted_.size()) {
      return counted_[id].described ? &counted_[id] : nullptr;
    }
    const auto found = others_.find(id);
    return found == others_.end() ? nullptr : &found->second;
  }

  // Described anew, it keeps its traceback.
  void describe(std::uint64_t id, CallTree::Node frames, std::uint16_t total_nframe) {
    if (id < kMostCounted && id >= counted_.size()) {
      counted_.resize(id + 1);
    }
    DescribedStack& stack = id < counted_.size() ? counted_[id] : others_[id];
    stack.frames = frames;
    stack.total_nframe = total_nframe;
    stack.described = true;
  }

  // Calls each(id, stack).
  template <typename Each>
  void for_each(Each each) const {
    for (std::size_t id = 0; id < counted_.size(); ++id) {
      if (counted_[id].described) {
        each(std::uint64_t{id}, counted_[id]);
      }
    }
    for (const auto& [id, stack] : others_) {
      each(id, stack);
    }
  }

 private:
  static constexpr std::uint64_t kMostCounted = 1 << 20;  // twice as many as there are ids

  std::vector<DescribedStack> counted_;
  std::unordered_map<std::uint64_t, DescribedStack> others_;
};

}  // namespace tmbpf
