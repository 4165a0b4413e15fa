// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/list_cursor.h"

#include <algorithm>
#include <limits>

namespace tmbpf {

bool ListCursor::press(Key key) {
  const auto back = [this](std::size_t rows) { selected_ -= std::min(rows, selected_); };
  switch (key) {
    case Key::up:
      back(1);
      return true;
    case Key::down:
      ++selected_;
      return true;
    case Key::page_up:
      back(height_);
      return true;
    case Key::page_down:
      selected_ += height_;
      return true;
    case Key::home:
      selected_ = 0;
      return true;
    case Key::end:
      selected_ = std::numeric_limits<std::size_t>::max() / 2;
      return true;
    default:
      return false;
  }
}

void ListCursor::fit(std::size_t count, std::size_t height) {
  height_ = std::max<std::size_t>(height, 1);
  selected_ = std::min(selected_, count > 0 ? count - 1 : 0);
  first_ = std::min(first_, selected_);
  first_ = std::max(first_, selected_ + 1 - std::min(selected_ + 1, height_));
  first_ = std::min(first_, count > height_ ? count - height_ : 0);
}

}  // namespace tmbpf
