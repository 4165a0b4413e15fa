// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/top_text.h"

#include <fmt/color.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "userspace/model/error_text.h"
#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::string_view word_of(KeyType type) {
  switch (type) {
    case KeyType::filename:
      return "file";
    case KeyType::function:
      return "function";
    case KeyType::traceback:
      return "traceback";
    case KeyType::lineno:
      break;
  }
  return "line";
}

std::string_view cumulative_words(Cumulative cumulative) {
  switch (cumulative) {
    case Cumulative::yes:
      return " (cumulative)";
    case Cumulative::unique:
      return " (cumulative, each block once)";
    case Cumulative::no:
      break;
  }
  return "";
}

class TopText {
 public:
  TopText(const TopInput& input, const TopStyle& style) : input_(input), style_(style) {}

  std::vector<std::string> lines() {
    const std::size_t shown =
        style_.limit == 0 ? input_.rows.size() : std::min(style_.limit, input_.rows.size());
    lines_.push_back(styled(title(shown), fmt::emphasis::bold));
    for (std::size_t i = 0; i < shown; ++i) {
      add_row(i + 1, input_.rows[i]);
    }
    if (shown < input_.rows.size()) {
      add_rest(input_.rows.subspan(shown));
    }
    StatisticDiff total = input_.total;
    lines_.push_back("Total Python memory: " + numbers(total, false));
    if (style_.metrics) {
      lines_.insert(lines_.end(), input_.metrics.begin(), input_.metrics.end());
    }
    return std::move(lines_);
  }

 private:
  [[nodiscard]] std::string styled(const std::string& text, const fmt::text_style& style) const {
    return style_.color ? fmt::format(style, "{}", text) : text;
  }

  [[nodiscard]] std::string title(std::size_t shown) const {
    std::string text = input_.time;
    if (!input_.name.empty()) {
      text += (text.empty() ? "" : " ") + printable(input_.name);
    }
    text += fmt::format("{}Top {} allocations per {}{}", text.empty() ? "" : ": ", shown,
                        word_of(input_.type), cumulative_words(input_.cumulative));
    if (input_.compared) {
      text += fmt::format(" (compared to {})", printable(input_.compared_to));
    }
    return input_.estimated ? fmt::format("{} ({})", text, kEstimateNote) : text;
  }

  void add_row(std::size_t rank, const StatisticDiff& row) {
    const std::vector<Frame> frames = frames_of(row.key, input_.table);
    lines_.push_back(fmt::format("#{}: {}: {}", rank,
                                 styled(place(frames.back()), fmt::fg(fmt::terminal_color::cyan)),
                                 numbers(row, true)));
    if (input_.type == KeyType::traceback) {
      for (const std::string& line :
           format_frames(frames, input_.table, input_.source, std::nullopt, true)) {
        lines_.push_back("  " + printable(line));
      }
    }
  }

  [[nodiscard]] std::string place(const Frame& frame) const {
    std::string file =
        last_parts(printable(input_.table.string(frame.filename)), style_.filename_parts);
    const std::string function = printable(input_.table.string(frame.function));
    switch (input_.type) {
      case KeyType::filename:
        return file;
      case KeyType::function:
        return fmt::format("{}:{}", file, function.empty() ? "<unknown>" : function);
      case KeyType::lineno:
      case KeyType::traceback:
        break;
    }
    return fmt::format("{}:{}", file, frame.lineno);
  }

  void add_rest(std::span<const StatisticDiff> rest) {
    StatisticDiff sum;
    for (const StatisticDiff& row : rest) {
      sum.size += row.size;
      sum.count += row.count;
      sum.size_diff += row.size_diff;
      sum.count_diff += row.count_diff;
    }
    lines_.push_back(fmt::format("{} more: {}", format_count(rest.size()), numbers(sum, true)));
  }

  [[nodiscard]] std::string numbers(const StatisticDiff& row, bool with_average) const {
    std::string text;
    const auto add = [&text](const std::string& part) {
      text += (text.empty() ? "" : ", ") + part;
    };
    if (style_.size) {
      add("size=" + format_size(static_cast<double>(row.size)) + size_error_text(row.size_error) +
          difference(row.size_diff, format_size(static_cast<double>(row.size_diff), true) +
                                        size_error_text(row.size_diff_error)));
    }
    if (style_.count) {
      add(fmt::format("count={}{}", row.count, count_error_text(row.count_error)) +
          difference(row.count_diff, fmt::format("{:+}{}", row.count_diff,
                                                 count_error_text(row.count_diff_error))));
    }
    if (style_.average && with_average && row.count > 1) {
      add("average=" + format_size(static_cast<double>(row.size) / static_cast<double>(row.count)));
    }
    return text;
  }

  [[nodiscard]] std::string difference(std::int64_t value, const std::string& text) const {
    if (!input_.compared) {
      return "";
    }
    if (value == 0) {
      return fmt::format(" ({})", text);
    }
    const auto color = value > 0 ? fmt::terminal_color::red : fmt::terminal_color::green;
    return fmt::format(" ({})", styled(text, fmt::fg(color)));
  }

  const TopInput& input_;
  const TopStyle& style_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> top_lines(const TopInput& input, const TopStyle& style) {
  return TopText(input, style).lines();
}

std::string last_parts(std::string_view path, std::size_t parts) {
  std::size_t at = path.size();
  for (std::size_t left = parts; left > 0; --left) {
    at = at == 0 ? std::string_view::npos : path.rfind('/', at - 1);
    if (at == std::string_view::npos || at == 0) {
      return std::string(path);
    }
  }
  return parts == 0 ? std::string(path) : "..." + std::string(path.substr(at));
}

}  // namespace tmbpf
