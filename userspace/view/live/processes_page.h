// SPDX-License-Identifier: Apache-2.0
// The page that lists the processes that can be shown.
#pragma once

#include <cstddef>
#include <vector>

#include "userspace/view/key.h"
#include "userspace/view/live/list_cursor.h"
#include "userspace/view/live/live_process.h"
#include "userspace/view/screen_line.h"

namespace tmbpf {

class ProcessesPage {
 public:
  // Whether the key moved the cursor.
  bool press(Key key) { return cursor_.press(key); }
  void select(std::size_t index) { cursor_.select(index); }
  // The row under the cursor, of as many as were shown.
  [[nodiscard]] std::size_t selected() const { return cursor_.selected(); }

  ScreenLines lines(const std::vector<LiveProcess>& processes, std::size_t width,
                    std::size_t height);

 private:
  ListCursor cursor_;
};

}  // namespace tmbpf
