// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/memory_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMost = 500;  // samples
constexpr std::size_t kLevels = 8;
constexpr std::size_t kTitle = 7;   // columns
constexpr std::size_t kRange = 36;  // columns for " 10.2 MiB .. 11.8 MiB in 12 min 10 s"

constexpr std::array<std::string_view, kLevels> kBlocks{"\u2581", "\u2582", "\u2583", "\u2584",
                                                        "\u2585", "\u2586", "\u2587", "\u2588"};
constexpr std::array<std::string_view, kLevels> kAscii{"_", ".", ":", "-", "=", "+", "*", "#"};

struct Range {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

std::size_t level_of(std::uint64_t value, const Range& range) {
  if (range.most == range.least) {
    return 0;
  }
  const auto part =
      static_cast<double>(value - range.least) / static_cast<double>(range.most - range.least);
  return std::min(static_cast<std::size_t>(part * kLevels), kLevels - 1);
}

std::string range_text(const Range& range) {
  const std::string most = format_size(static_cast<double>(range.most));
  return range.least == range.most
             ? most
             : fmt::format("{} .. {}", format_size(static_cast<double>(range.least)), most);
}

std::string graph_line(std::string_view title, const std::vector<std::uint64_t>& values,
                       bool utf8) {
  const auto [least, most] = std::ranges::minmax_element(values);
  const Range range{.least = *least, .most = *most};
  std::string line = pad_right(title, kTitle);
  for (const std::uint64_t value : values) {
    line += (utf8 ? kBlocks : kAscii)[level_of(value, range)];
  }
  return line + "  " + range_text(range);
}

}  // namespace

void MemoryHistory::add(double time, std::uint64_t traced, std::uint64_t resident) {
  samples_.push_back({.time = time, .traced = traced, .resident = resident});
  if (samples_.size() > kMost) {
    samples_.pop_front();
  }
}

std::vector<std::string> MemoryHistory::lines(std::size_t width, bool utf8) const {
  if (samples_.empty()) {
    return {};
  }
  const std::size_t room =
      std::max(width > kTitle + kRange ? width - kTitle - kRange : 0, width / 3);
  const std::size_t shown = std::min(samples_.size(), std::max<std::size_t>(room, 1));
  const auto begin = samples_.end() - static_cast<std::ptrdiff_t>(shown);
  std::vector<std::uint64_t> traced;
  std::vector<std::uint64_t> resident;
  for (auto sample = begin; sample != samples_.end(); ++sample) {
    traced.push_back(sample->traced);
    if (sample->resident != 0) {
      resident.push_back(sample->resident);
    }
  }
  std::vector<std::string> lines{graph_line("traced", traced, utf8)};
  lines.front() += " in " + format_duration(samples_.back().time - begin->time);
  if (!resident.empty()) {
    lines.push_back(graph_line("RSS", resident, utf8));
  }
  for (std::string& line : lines) {
    line = shorten_right(line, width);
  }
  return lines;
}

}  // namespace tmbpf
