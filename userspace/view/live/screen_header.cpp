// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/screen_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t kLeastHeight = 16;  // for more than two lines

std::string place_of(const ScreenHeaderInput& input) {
  return input.processes > 1 ? fmt::format("process {} of {}: ", input.index + 1, input.processes)
                             : "";
}

Texts short_header(const TableTotals& totals) {
  std::string numbers =
      fmt::format("{}, {}", totals.state, format_size(static_cast<double>(totals.traced_current)));
  if (totals.lost != 0) {
    numbers += fmt::format(", lost {}", format_count(totals.lost));
  }
  numbers += fmt::format(" in {}, RSS {}", format_count(totals.live_blocks),
                         format_size(static_cast<double>(totals.process_rss)));
  return {printable(fmt::format("pid {}: {}", totals.pid, totals.command)), printable(numbers)};
}

Texts long_header(const ScreenHeaderInput& input, std::size_t room) {
  Texts lines = header_lines(input.totals, input.width);
  if (lines.size() > room) {
    const std::size_t left = lines.size() - room + 1;
    lines.resize(room);
    lines.back() = fmt::format("... {} more lines: i", left);
  }
  return lines;
}

LineStyle style_of(const std::string& line) {
  return line.starts_with("warning:") || line.starts_with("note: lost") ||
                 line.starts_with("note: no longer")
             ? LineStyle::warning
             : LineStyle::plain;
}

}  // namespace

ScreenLines screen_header(const ScreenHeaderInput& input) {
  const std::size_t room = input.screen_height / 2 - 1;
  const bool is_small = input.screen_height < kLeastHeight;
  Texts texts = is_small ? short_header(input.totals) : long_header(input, room);
  texts.front().insert(0, place_of(input));
  if (input.history != nullptr && !is_small && texts.size() + 2 <= room) {
    std::ranges::move(input.history->lines(input.width, input.utf8), std::back_inserter(texts));
  }
  texts.resize(std::min(texts.size(), std::max<std::size_t>(room, 1)));
  ScreenLines lines;
  for (const std::string& text : texts) {
    lines.push_back({shorten_right(text, input.width), style_of(text)});
  }
  return lines;
}

}  // namespace tmbpf
