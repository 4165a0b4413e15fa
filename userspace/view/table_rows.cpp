// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/table_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kMinLocation = 20;
constexpr std::size_t kMaxCallers = 8;
constexpr std::size_t kNumbers = 5;

struct Row {
  std::array<std::string, kNumbers> numbers;  // rank, size, share, count, average
  std::string location;
  std::string function;
};

struct Layout {
  std::array<std::size_t, kNumbers> numbers{};
  std::size_t location = 0;
  std::size_t function = 0;  // 0: no such column
};

std::string location_text(const Frame& frame, KeyType key_type, const TracebackTable& table) {
  const std::string filename = printable(table.string(frame.filename));
  const bool has_line = key_type == KeyType::lineno || key_type == KeyType::traceback;
  return has_line ? fmt::format("{}:{}", filename, frame.lineno) : filename;
}

Row frame_row(const Frame& frame, KeyType key_type, const TracebackTable& table) {
  return {.numbers = {},
          .location = location_text(frame, key_type, table),
          .function = printable(table.string(frame.function))};
}

Frame most_recent_of(const GroupKey& key, const TracebackTable& table) {
  return key.type == KeyType::traceback ? table.frame(table.traceback(key.traceback).frames.front())
                                        : key.frame;
}

Row statistic_row(std::size_t rank, const Statistic& statistic, double whole,
                  const TracebackTable& table) {
  const auto size = static_cast<double>(statistic.size);
  const auto count = static_cast<double>(std::max<std::uint64_t>(statistic.count, 1));
  Row row = frame_row(most_recent_of(statistic.key, table), statistic.key.type, table);
  row.numbers = {fmt::to_string(rank), format_size(size),
                 fmt::format("{:.1f} %", whole > 0 ? size / whole * 100 : 0),
                 format_count(statistic.count), format_size(size / count)};
  return row;
}

void add_callers(std::vector<Row>& rows, const Statistic& statistic, const TracebackTable& table) {
  const std::vector<Frame> frames = frames_of(statistic.key, table);
  const std::size_t callers = frames.size() - 1;
  for (std::size_t i = 0; i < std::min(callers, kMaxCallers); ++i) {
    const Frame& caller = frames[callers - 1 - i];
    rows.push_back(frame_row(caller, statistic.key.type, table));
    rows.back().location = "  " + rows.back().location;
  }
  if (callers > kMaxCallers) {
    rows.push_back({.numbers = {},
                    .location = fmt::format("  ... {} older", callers - kMaxCallers),
                    .function = {}});
  }
}

std::vector<Row> make_rows(const TableInput& input) {
  auto whole = static_cast<double>(input.totals.traced_current);
  if (whole == 0) {
    for (const Statistic& statistic : input.statistics) {
      whole += static_cast<double>(statistic.size);
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < std::min(input.limit, input.statistics.size()); ++i) {
    const Statistic& statistic = input.statistics[i];
    rows.push_back(statistic_row(i + 1, statistic, whole, input.table));
    add_callers(rows, statistic, input.table);
  }
  return rows;
}

Layout lay_out(const std::vector<Row>& rows, std::size_t width) {
  Layout layout;
  std::size_t location = 0;
  std::size_t function = 0;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kNumbers; ++i) {
      layout.numbers[i] = std::max(layout.numbers[i], row.numbers[i].size());
    }
    location = std::max(location, text_width(row.location));
    function = std::max(function, text_width(row.function));
  }
  std::size_t used = 0;
  for (const std::size_t column : layout.numbers) {
    used += column + kGap;
  }
  const std::size_t rest = width > used + kMinLocation ? width - used : kMinLocation;
  if (rest >= 2 * kMinLocation && function > 0) {
    // The location gets what it needs as long as the function keeps a third.
    const std::size_t kept = std::min(function, rest / 3);
    layout.location = std::min(location, rest - kGap - kept);
    layout.function = std::min(function, rest - kGap - layout.location);
  } else {
    layout.location = std::min(location, rest);
  }
  return layout;
}

std::string line_of(const Row& row, const Layout& layout) {
  std::string line;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    line += pad_left(row.numbers[i], layout.numbers[i]) + std::string(kGap, ' ');
  }
  line += pad_right(shorten_path(row.location, layout.location), layout.location);
  if (layout.function > 0) {
    line += std::string(kGap, ' ') + shorten_left(row.function, layout.function);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string rest_line(const TableInput& input) {
  std::uint64_t size = 0;
  std::uint64_t count = 0;
  for (const Statistic& statistic : input.statistics.subspan(input.limit)) {
    size += statistic.size;
    count += statistic.count;
  }
  return fmt::format("{} more: {} in {} blocks",
                     format_count(input.statistics.size() - input.limit),
                     format_size(static_cast<double>(size)), format_count(count));
}

}  // namespace

std::vector<std::string> row_lines(const TableInput& input) {
  std::vector<Row> rows = make_rows(input);
  rows.insert(rows.begin(), Row{.numbers = {"#", "Size", "Share", "Count", "Average"},
                                .location = "Location",
                                .function = "Function"});
  const Layout layout = lay_out(rows, input.width);
  std::vector<std::string> lines;
  lines.reserve(rows.size() + 1);
  for (const Row& row : rows) {
    lines.push_back(line_of(row, layout));
  }
  if (input.statistics.empty()) {
    lines.emplace_back("no traced block is alive");
  }
  if (input.statistics.size() > input.limit) {
    lines.push_back(rest_line(input));
  }
  return lines;
}

}  // namespace tmbpf
