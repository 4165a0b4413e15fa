// SPDX-License-Identifier: Apache-2.0
// The top of a list of statistics as lines of text, as pytracemalloc's DisplayTop printed it:
//
//   2026-01-31 23:59:59: Top 2 allocations per line (compared to old.pickle)
//   #1: .../json/decoder.py:353: size=10.2 MiB (+1024 KiB), count=1000 (+100), average=10.4 KiB
//   #2: .../shop/leak.py:17: size=1700 KiB (+1700 KiB), count=12 (+12), average=142 KiB
//   10 more: size=3000 B (+0 B), count=3 (+0), average=1000 B
//   Total Python memory: size=11.9 MiB (+2.7 MiB), count=1015 (+112)
//
// Numbers of a sample have their errors behind them, but for the sum of the groups not shown:
//
//   2026-01-31 23:59:59: Top 1 allocations per line (estimates, +- at 95 % confidence)
//   #1: .../json/decoder.py:353: size=10.2 MiB +-410 KiB, count=1000 +-37, average=10.4 KiB
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "userspace/model/grouping.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistic_diff.h"

namespace tmbpf {

struct TopStyle {
  std::size_t limit = 10;          // groups; 0: all
  std::size_t filename_parts = 3;  // the last ones of each path; 0: all
  bool size = true;                // what of each group is shown
  bool count = true;
  bool average = true;
  bool metrics = true;  // the totals of the process, user data
  bool color = false;
};

struct TopInput {
  const TracebackTable& table;
  std::span<const StatisticDiff> rows;  // sorted; all of one KeyType
  KeyType type = KeyType::lineno;
  Cumulative cumulative = Cumulative::no;
  bool compared = false;             // show differences
  bool estimated = false;            // the title says so
  std::string time;                  // "" when not known
  std::string name;                  // of the snapshot: shown when there are several, or no time
  std::string compared_to;           // name of the older snapshot
  StatisticDiff total;               // of all traces that the view has, however they are grouped
  std::vector<std::string> metrics;  // lines that follow the totals
  SourceReader source;               // for KeyType::traceback; may be null
};

// Without newlines; safe for a terminal.
std::vector<std::string> top_lines(const TopInput& input, const TopStyle& style);

// ".../json/decoder.py" for 2 parts; a path that has no more parts stays as it is.
std::string last_parts(std::string_view path, std::size_t parts);

}  // namespace tmbpf
