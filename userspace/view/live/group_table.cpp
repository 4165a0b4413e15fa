// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/group_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "userspace/model/error_text.h"
#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

enum Column : std::uint8_t {
  kRank,
  kSize,
  kSizeError,
  kSizeDiff,
  kSizeDiffError,
  kShare,
  kCount,
  kCountError,
  kCountDiff,
  kAverage,
  kColumns
};

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastLocation = 18;
constexpr std::size_t kLeastCallers = 40;  // columns for a traceback
constexpr std::size_t kPlacedCallers = 6;  // of a traceback
// So that columns stay where they are while one scrolls.
constexpr std::array<std::size_t, kColumns> kLeastWidths{3, 8, 8, 8, 8, 6, 6, 4, 5, 8};
// The first to go when there is no room.
constexpr std::array<Column, 8> kDispensable{kShare,      kAverage, kRank,          kCountDiff,
                                             kCountError, kCount,   kSizeDiffError, kSizeError};

using Numbers = std::array<std::string, kColumns>;

struct Row {
  Numbers numbers;
  std::string location;
  std::string function;
};

std::string percent(double part, double whole) {
  return fmt::format("{:.1f} %", whole > 0 ? part / whole * 100 : 0);
}

// The title of the column says +-.
std::string error_column(const std::string& text) {
  constexpr std::size_t kSign = 3;  // " +-"
  return text.empty() ? "" : text.substr(kSign);
}

Row row_of(std::size_t rank, const StatisticDiff& group, const GroupTableInput& input) {
  const auto size = static_cast<double>(group.size);
  Row row;
  row.numbers = {fmt::to_string(rank),
                 format_size(size),
                 error_column(size_error_text(group.size_error)),
                 format_size(static_cast<double>(group.size_diff), true),
                 error_column(size_error_text(group.size_diff_error)),
                 percent(size, input.whole),
                 format_count(group.count),
                 error_column(count_error_text(group.count_error)),
                 fmt::format("{:+}", group.count_diff),
                 group.count == 0 ? "" : format_size(size / static_cast<double>(group.count))};
  row.location = group_place(group.key, input.table);
  const Frame frame =
      group.key.type == KeyType::traceback
          ? input.table.frame(input.table.traceback(group.key.traceback).frames.front())
          : group.key.frame;
  row.function = printable(input.table.string(frame.function));
  return row;
}

// Widths of the columns; 0: left out.
struct Layout {
  std::array<std::size_t, kColumns> numbers{};
  std::size_t location = 0;
  std::size_t function = 0;

  [[nodiscard]] std::size_t used() const {
    std::size_t sum = 0;
    for (const std::size_t column : numbers) {
      sum += column == 0 ? 0 : column + kGap;
    }
    return sum;
  }
};

Layout lay_out(const std::vector<Row>& rows, const LiveGroups& groups, bool is_path,
               std::size_t width) {
  const std::size_t least = is_path ? kLeastLocation : kLeastCallers;
  Layout layout{.numbers = kLeastWidths};
  std::size_t function = 0;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      layout.numbers[i] = std::max(layout.numbers[i], text_width(row.numbers[i]));
    }
    function = std::max(function, text_width(row.function));
  }
  if (!groups.compared) {
    layout.numbers[kSizeDiff] = layout.numbers[kSizeDiffError] = layout.numbers[kCountDiff] = 0;
  }
  if (!groups.estimated) {
    layout.numbers[kSizeError] = layout.numbers[kSizeDiffError] = layout.numbers[kCountError] = 0;
  }
  for (const Column column : kDispensable) {
    if (layout.used() + least > width) {
      layout.numbers[column] = 0;
    }
  }
  const std::size_t rest = width > layout.used() ? width - layout.used() : 0;
  layout.location = rest;
  if (is_path && rest >= 2 * kLeastLocation && function > 0) {
    layout.function = std::min(function, rest / 3);
    layout.location = rest - layout.function - kGap;
  }
  return layout;
}

std::string line_of(const Row& row, const Layout& layout, bool is_path) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (layout.numbers[i] != 0) {
      line += pad_left(row.numbers[i], layout.numbers[i]) + std::string(kGap, ' ');
    }
  }
  const std::string place = is_path ? shorten_path(row.location, layout.location)
                                    : shorten_right(row.location, layout.location);
  line += pad_right(place, layout.location);
  if (layout.function > 0) {
    line += std::string(kGap, ' ') + shorten_left(row.function, layout.function);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string frame_place(const Frame& frame, KeyType type, const TracebackTable& table) {
  const std::string filename = printable(table.string(frame.filename));
  return type == KeyType::lineno || type == KeyType::traceback
             ? fmt::format("{}:{}", filename, frame.lineno)
             : filename;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string group_place(const GroupKey& key, const TracebackTable& table) {
  if (key.type != KeyType::traceback) {
    return frame_place(key.frame, key.type, table);
  }
  std::string text;
  std::size_t count = 0;
  for (const FrameId id : table.traceback(key.traceback).frames) {
    if (++count > kPlacedCallers) {
      return text + " <- ...";
    }
    text += (text.empty() ? "" : " <- ") + last_part(frame_place(table.frame(id), key.type, table));
  }
  return text;
}

std::vector<std::string> group_table(const GroupTableInput& input) {
  std::vector<Row> rows{
      {.numbers = {"#", "Size", "+-", "Diff", "+-", "Share", "Count", "+-", "Diff", "Average"},
       .location = "Location",
       .function = "Function"}};
  bool paths = true;
  const auto& groups = input.groups.rows;
  for (std::size_t i = input.first; i < std::min(groups.size(), input.first + input.height); ++i) {
    rows.push_back(row_of(i + 1, groups[i], input));
    paths = paths && groups[i].key.type != KeyType::traceback;
  }
  const Layout layout = lay_out(rows, input.groups, paths, input.width);
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const Row& row : rows) {
    lines.push_back(shorten_right(line_of(row, layout, paths), input.width));
  }
  return lines;
}

}  // namespace tmbpf
