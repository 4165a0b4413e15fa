// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/tracebacks_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "userspace/model/error_text.h"
#include "userspace/view/human_text.h"
#include "userspace/view/live/group_table.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMost = 100;  // tracebacks shown

std::string numbers(const StatisticDiff& row, bool compared) {
  std::string text = format_size(static_cast<double>(row.size)) + size_error_text(row.size_error);
  if (compared) {
    text += fmt::format(" ({}{})", format_size(static_cast<double>(row.size_diff), true),
                        size_error_text(row.size_diff_error));
  }
  text += fmt::format(" in {}{}", format_count(row.count), count_error_text(row.count_error));
  if (compared) {
    text += fmt::format(" ({:+}{})", row.count_diff, count_error_text(row.count_diff_error));
  }
  return text + (row.count == 1 && !compared ? " block" : " blocks");
}

StatisticDiff sum_of(const std::vector<StatisticDiff>& rows) {
  StatisticDiff sum;
  for (const StatisticDiff& row : rows) {
    sum.size += row.size;
    sum.count += row.count;
    sum.size_diff += row.size_diff;
    sum.count_diff += row.count_diff;
  }
  return sum;
}

// Indentation is of no use here, and a tab is no character for a terminal.
std::string source_text(const std::string& line) {
  constexpr std::string_view kBlank = " \t\f\v\r\n";
  const std::size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  std::string text = line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin);
  std::ranges::replace(text, '\t', ' ');
  return printable(text);
}

}  // namespace

void TracebacksPage::show(const LiveGroups& tracebacks, const TracebackTable& table,
                          const SourceReader& source) {
  const std::vector<StatisticDiff>& rows = tracebacks.rows;
  text_.clear();
  std::string place = group_place(group_, table);
  if (group_.type == KeyType::function) {
    place += ":" + printable(table.string(group_.frame.function));
  }
  text_.push_back({place, LineStyle::strong});
  text_.push_back({fmt::format("{}, {} traceback{}", numbers(tracebacks.total, tracebacks.compared),
                               format_count(rows.size()), rows.size() == 1 ? "" : "s"),
                   LineStyle::strong});
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i) {
    add_traceback(i + 1, rows[i], table, source, tracebacks.compared);
  }
  if (rows.size() > kMost) {
    const std::vector<StatisticDiff> rest(rows.begin() + kMost, rows.end());
    text_.push_back({fmt::format("{} more tracebacks: {}", format_count(rest.size()),
                                 numbers(sum_of(rest), tracebacks.compared))});
  }
}

void TracebacksPage::add_traceback(std::size_t rank, const StatisticDiff& row,
                                   const TracebackTable& table, const SourceReader& source,
                                   bool compared) {
  text_.push_back({fmt::format("#{}: {}", rank, numbers(row, compared)), LineStyle::strong});
  const Traceback traceback = table.traceback(row.key.traceback);
  for (const FrameId id : traceback.frames) {
    const Frame frame = table.frame(id);
    const std::string_view filename = table.string(frame.filename);
    const std::string function = printable(table.string(frame.function));
    text_.push_back({.before = "  File \"",
                     .path = printable(filename),
                     .after = fmt::format("\", line {}{}{}", frame.lineno,
                                          function.empty() ? "" : ", in ", function)});
    const auto line = source ? source(filename, frame.lineno) : std::nullopt;
    if (const std::string text = line ? source_text(*line) : ""; !text.empty()) {
      text_.push_back({"    " + text});
    }
  }
  if (traceback.total_nframe > traceback.frames.size()) {
    text_.push_back({fmt::format("  ... {} older frames; --frames keeps more",
                                 traceback.total_nframe - traceback.frames.size())});
  }
}

std::string TracebacksPage::fit(const Line& line, std::size_t width) {
  constexpr std::size_t kLeastPath = 12;
  const std::size_t rest = text_width(line.before) + text_width(line.after);
  const std::size_t room = std::max(width > rest ? width - rest : 0, kLeastPath);
  return shorten_right(line.before + shorten_path(line.path, room) + line.after, width);
}

ScreenLines TracebacksPage::lines(std::size_t width, std::size_t height) {
  ScreenLines lines;
  for (const Line& line : text_) {
    lines.push_back({fit(line, width), line.style});
  }
  return scroll_.window(std::move(lines), height);
}

}  // namespace tmbpf
