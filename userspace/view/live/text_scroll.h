// SPDX-License-Identifier: Apache-2.0
// A text that is longer than its window.
#pragma once

#include <cstddef>

#include "userspace/view/key.h"
#include "userspace/view/screen_line.h"

namespace tmbpf {

class TextScroll {
 public:
  // Whether the key was one that moves.
  bool press(Key key);
  void rewind() { first_ = 0; }
  // At most `height` of the lines. The last one says what is below when the text goes on.
  ScreenLines window(ScreenLines lines, std::size_t height);

 private:
  std::size_t first_ = 0;
  std::size_t height_ = 1;  // as of the last window()
};

}  // namespace tmbpf
