// SPDX-License-Identifier: Apache-2.0
// The lines above the page of the full-screen view: totals, warnings, the memory over time.
#pragma once

#include <cstddef>

#include "userspace/view/live/memory_history.h"
#include "userspace/view/screen_line.h"
#include "userspace/view/table_header.h"

namespace tmbpf {

struct ScreenHeaderInput {
  const TableTotals& totals;
  const MemoryHistory* history = nullptr;  // null: not to be shown
  std::size_t index = 0;                   // of the process, of so many
  std::size_t processes = 1;
  std::size_t width = 80;
  std::size_t screen_height = 24;
  bool utf8 = true;
};

// At most half of the screen. What does not fit goes: the graph, then notes (how many is said),
// on small screens all but two lines, of which one has what was lost.
ScreenLines screen_header(const ScreenHeaderInput& input);

}  // namespace tmbpf
