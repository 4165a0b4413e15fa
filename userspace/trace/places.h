// SPDX-License-Identifier: Apache-2.0
// A bounded number of places, each held by one object at a time; taken from any thread.
#pragma once

#include <atomic>
#include <memory>

namespace tmbpf {

class Places {
  struct GiveBack {
    void operator()(std::atomic<int>* free) const { ++*free; }
  };

 public:
  // Given back when it goes; must not outlive the Places. Null: holds none.
  using Place = std::unique_ptr<std::atomic<int>, GiveBack>;

  explicit Places(int count) : count_(count), free_(count) {}

  [[nodiscard]] int count() const { return count_; }

  // Null when none is free.
  Place take() {
    int free = free_.load();
    while (free > 0 && !free_.compare_exchange_weak(free, free - 1)) {
    }
    return Place(free > 0 ? &free_ : nullptr);
  }

 private:
  int count_;
  std::atomic<int> free_;
};

}  // namespace tmbpf
