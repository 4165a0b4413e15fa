// SPDX-License-Identifier: Apache-2.0
// What `tmbpf --pid` shows: a header with totals, then the statistics as a table.
//
//   pid 4242: /usr/bin/python3 leak.py
//   tracing for 12 s | mode exact | 10 frames
//   traced 11.8 MiB in 124,461 blocks | peak 13.4 MiB | process RSS 84.9 MiB
//   tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %
//
//   #      Size   Share  Count   Average  Location                 Function
//   1  10.2 MiB  86.3 %  1,000  10.4 KiB  .../json/decoder.py:353  JSONDecoder.raw_decode
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "userspace/model/statistic.h"

namespace tmbpf {

// Sizes in bytes.
struct TableTotals {
  int pid = 0;
  std::string command;       // any bytes
  std::string state;         // "tracing", "target exited", ...
  double elapsed = 0;        // seconds
  std::string mode;          // "exact"
  std::uint32_t frames = 0;  // kept per traceback
  std::uint64_t traced_current = 0;
  std::uint64_t traced_peak = 0;
  std::uint64_t live_blocks = 0;
  std::uint64_t process_rss = 0;
  std::uint64_t tracer_memory = 0;
  std::uint64_t lost = 0;          // events; shown as a warning when not 0
  std::optional<double> coverage;  // 0..1; nothing: not measured
  std::vector<std::string> notes;  // each a line of its own
};

struct TableInput {
  const TracebackTable& table;  // of `statistics`
  std::span<const Statistic> statistics;
  TableTotals totals;
  std::size_t limit = 20;   // groups shown
  std::size_t width = 100;  // columns; the table needs about 60 to be of use
  std::size_t height = 0;   // lines; fewer groups are shown to keep to it. 0: no bound
};

// One element per line, without newlines; each is safe for a terminal and fits `width`. A
// group's share is that of traced_current, so cumulative shares may add up to more than all.
// A group of KeyType::traceback shows its most recent frame, then its callers below.
std::vector<std::string> table_lines(const TableInput& input);

// The same as one text, each line ended.
std::string render_table(const TableInput& input);

}  // namespace tmbpf
