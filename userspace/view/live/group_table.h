// SPDX-License-Identifier: Apache-2.0
// Groups as rows of a table, in columns that fit the width:
//
//    #      Size      Diff  Count  Diff   Average  Location                     Function
//    1  10.2 MiB  +1.0 MiB  1,000  +100  10.4 KiB  .../json/decoder.py:353      raw_decode
//
// Behind the size, its difference and the count of estimates there are columns "+-".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "userspace/view/live/live_groups.h"

namespace tmbpf {

struct GroupTableInput {
  const LiveGroups& groups;
  const TracebackTable& table;  // of the groups
  double whole = 0;             // bytes that shares are of
  std::size_t first = 0;        // row
  std::size_t height = 0;       // rows
  std::size_t width = 80;
};

// Titles first, then the rows from `first` on; each safe for a terminal and not wider than `width`.
// What does not fit goes: function, share, average, rank, the difference in blocks, their error,
// blocks, the other errors.
std::vector<std::string> group_table(const GroupTableInput& input);

// "app.py:3", of a traceback its frames, most recent first: "app.py:3 <- main.py:7".
std::string group_place(const GroupKey& key, const TracebackTable& table);

}  // namespace tmbpf
