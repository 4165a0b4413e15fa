// SPDX-License-Identifier: Apache-2.0
// The block of totals above the table.
//
//   pid 4242: /usr/bin/python3 leak.py
//   tracing for 12 s | mode exact | 10 frames
//   traced 11.8 MiB in 124,461 blocks | peak 13.4 MiB | process RSS 84.9 MiB
//   tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %
//
// Where the blocks are a sample's:
//
//   tracing for 12 s | mode sampled | 10 frames | slowdown 0.9 % | estimates, +- at 95 % confidence
//   traced 11.8 MiB +-410 KiB in 124,461 +-3,120 blocks | peak 13.4 MiB | process RSS 84.9 MiB
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tmbpf {

// Sizes in bytes.
struct TableTotals {
  int pid = 0;
  std::string command;       // any bytes
  std::string state;         // "tracing", "target exited", ...
  double elapsed = 0;        // seconds
  std::string mode;          // "exact", "auto (live)", ...
  std::uint32_t frames = 0;  // kept per traceback
  std::uint64_t traced_current = 0;
  std::uint64_t traced_peak = 0;
  std::uint64_t live_blocks = 0;
  bool estimated = false;          // traced_current and live_blocks, which have these errors
  std::uint64_t traced_error = 0;  // (see StatisticDiff)
  std::uint64_t blocks_error = 0;
  std::uint64_t process_rss = 0;
  std::uint64_t tracer_memory = 0;
  std::uint64_t lost = 0;          // events; shown as a warning when not 0
  std::optional<double> slowdown;  // of the target, a share of its time; nothing: not known
  std::optional<double> coverage;  // 0..1; nothing: not measured
  std::vector<std::string> notes;  // each a line of its own
};

// Wrapped between the totals where `width` is too narrow. A single longer text stays as it is.
std::vector<std::string> header_lines(const TableTotals& totals, std::size_t width);

}  // namespace tmbpf
