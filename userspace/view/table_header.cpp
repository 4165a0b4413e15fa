// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/table_header.h"

#include <fmt/format.h>

#include <utility>

#include "userspace/model/error_text.h"
#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

using Lines = std::vector<std::string>;

std::string bytes(std::uint64_t value) { return format_size(static_cast<double>(value)); }

std::string counted(std::uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

std::string blocks_text(const TableTotals& totals) {
  return totals.blocks_error == 0 ? counted(totals.live_blocks, "block")
                                  : fmt::format("{} +-{} blocks", format_count(totals.live_blocks),
                                                format_count(totals.blocks_error));
}

// Joins the parts by bars into as few lines as fit.
void add_wrapped(Lines& lines, const Lines& parts, std::size_t width) {
  std::string line;
  for (const std::string& unsafe : parts) {
    const std::string part = printable(unsafe);
    if (line.empty()) {
      line = part;
    } else if (text_width(line) + 3 + text_width(part) <= width) {
      line += " | " + part;
    } else {
      lines.push_back(std::exchange(line, part));
    }
  }
  lines.push_back(line);
}

std::string coverage_text(const std::optional<double>& coverage) {
  return "coverage " + (coverage ? format_percent(*coverage, 2) : "not measured");
}

}  // namespace

Lines header_lines(const TableTotals& totals, std::size_t width) {
  Lines lines{printable(fmt::format("pid {}: {}", totals.pid, totals.command))};
  Lines state{fmt::format("{} for {}", totals.state, format_duration(totals.elapsed)),
              "mode " + totals.mode, counted(totals.frames, "frame")};
  if (totals.slowdown) {
    state.push_back("slowdown " + format_percent(*totals.slowdown, 1));
  }
  if (totals.estimated) {
    state.emplace_back(kEstimateNote);
  }
  add_wrapped(lines, state, width);
  add_wrapped(lines,
              {fmt::format("traced {}{} in {}", bytes(totals.traced_current),
                           size_error_text(totals.traced_error), blocks_text(totals)),
               "peak " + bytes(totals.traced_peak), "process RSS " + bytes(totals.process_rss)},
              width);
  add_wrapped(lines,
              {"tracer memory " + bytes(totals.tracer_memory),
               "lost events " + format_count(totals.lost), coverage_text(totals.coverage)},
              width);
  if (totals.lost != 0) {
    lines.push_back(
        fmt::format("warning: {} lost, the numbers are incomplete", counted(totals.lost, "event")));
  }
  for (const std::string& note : totals.notes) {
    lines.push_back("note: " + printable(note));
  }
  return lines;
}

}  // namespace tmbpf
