// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/text_scroll.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace tmbpf {

bool TextScroll::press(Key key) {
  const std::size_t page = height_ > 2 ? height_ - 2 : 1;
  const auto back = [this](std::size_t lines) { first_ -= std::min(lines, first_); };
  switch (key) {
    case Key::up:
      back(1);
      return true;
    case Key::down:
      ++first_;
      return true;
    case Key::page_up:
      back(page);
      return true;
    case Key::page_down:
      first_ += page;
      return true;
    case Key::home:
      first_ = 0;
      return true;
    case Key::end:
      first_ = std::numeric_limits<std::size_t>::max() / 2;
      return true;
    default:
      return false;
  }
}

ScreenLines TextScroll::window(ScreenLines lines, std::size_t height) {
  height_ = height;
  if (lines.size() <= height || height == 0) {
    first_ = 0;
    lines.resize(std::min(lines.size(), height));
    return lines;
  }
  first_ = std::min(first_, lines.size() - height);
  const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(first_);
  ScreenLines shown(std::make_move_iterator(begin),
                    std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(height)));
  if (const std::size_t below = lines.size() - first_ - height; below > 0 && height > 1) {
    shown.back() = {fmt::format("... {} more lines", below + 1), LineStyle::strong};
  }
  return shown;
}

}  // namespace tmbpf
