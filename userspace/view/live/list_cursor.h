// SPDX-License-Identifier: Apache-2.0
// The selected row of a list that is longer than its window, and the window's first row.
#pragma once

#include <cstddef>

#include "userspace/view/key.h"

namespace tmbpf {

class ListCursor {
 public:
  // Whether the key was one that moves. What it moves to counts from the next fit() on.
  bool press(Key key);
  void select(std::size_t index) { selected_ = index; }
  // Keeps the selection within `count` rows and the window, `height` rows high, around it.
  void fit(std::size_t count, std::size_t height);

  [[nodiscard]] std::size_t selected() const { return selected_; }
  [[nodiscard]] std::size_t first() const { return first_; }

 private:
  std::size_t selected_ = 0;
  std::size_t first_ = 0;
  std::size_t height_ = 1;  // as of the last fit()
};

}  // namespace tmbpf
