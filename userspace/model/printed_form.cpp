// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/printed_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "userspace/model/error_text.h"
#include "userspace/model/python_repr.h"
#include "userspace/model/wtf8.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

std::vector<Frame> frames_of(const Traceback& traceback, const TracebackTable& table) {
  std::vector<Frame> frames;
  for (const FrameId id : traceback.frames) {
    frames.push_back(table.frame(id));
  }
  std::ranges::reverse(frames);
  return frames;
}

std::string repr_of_frames(const std::vector<Frame>& frames, const TracebackTable& table) {
  std::string text;
  for (const Frame& frame : frames) {
    text += (text.empty() ? "" : ", ") + repr_of(frame, table);
  }
  return fmt::format("({}{})", text, frames.size() == 1 ? "," : "");
}

std::string place(const GroupKey& key, const TracebackTable& table) {
  const Frame oldest = key.type == KeyType::traceback
                           ? table.frame(table.traceback(key.traceback).frames.back())
                           : key.frame;
  if (key.type == KeyType::function) {
    return fmt::format("{}:{}", table.string(oldest.filename), table.string(oldest.function));
  }
  return to_string(oldest, table);
}

std::string average(std::uint64_t size, std::uint64_t count) {
  return count == 0
             ? ""
             : ", average=" + format_size(static_cast<double>(size) / static_cast<double>(count));
}

// str.isspace() (Objects/unicodetype_db.h).
bool is_space(char32_t c) {
  constexpr std::array<char32_t, 7> kOthers{0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f};
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x3000 || std::ranges::find(kOthers, c) != kOthers.end();
}

std::string stripped(std::string_view text) {
  std::string result;
  std::size_t end = 0;  // of what is no space
  while (!text.empty()) {
    const char32_t code_point = take_code_point(text);
    const bool space = is_space(code_point);
    if (space && result.empty()) {
      continue;
    }
    append_code_point(result, code_point);
    end = space ? end : result.size();
  }
  return result.substr(0, end);
}

std::span<const Frame> limited(std::span<const Frame> frames, std::optional<std::int64_t> limit) {
  const auto length = static_cast<std::int64_t>(frames.size());
  if (!limit) {
    return frames;
  }
  const std::int64_t rest =
      *limit > 0
          ? std::min(*limit, length)
          : (*limit == 0 ? 0 : std::max<std::int64_t>(length + std::max(*limit, -length), 0));
  const auto count = static_cast<std::size_t>(rest);
  return *limit > 0 ? frames.last(count) : frames.first(count);
}

}  // namespace

std::string to_string(const Frame& frame, const TracebackTable& table) {
  return fmt::format("{}:{}", table.string(frame.filename), frame.lineno);
}

std::string to_string(const Traceback& traceback, const TracebackTable& table) {
  return to_string(table.frame(traceback.frames.back()), table);
}

std::string to_string(const Trace& trace, const TracebackTable& table) {
  return fmt::format("{}: {}", to_string(table.traceback(trace.traceback), table),
                     format_size(static_cast<double>(trace.size)));
}

std::string to_string(const Statistic& statistic, const TracebackTable& table) {
  return fmt::format("{}: size={}{}, count={}{}{}", place(statistic.key, table),
                     format_size(static_cast<double>(statistic.size)),
                     size_error_text(statistic.size_error), statistic.count,
                     count_error_text(statistic.count_error),
                     average(statistic.size, statistic.count));
}

std::string to_string(const StatisticDiff& diff, const TracebackTable& table) {
  return fmt::format("{}: size={}{} ({}{}), count={}{} ({:+}{}){}", place(diff.key, table),
                     format_size(static_cast<double>(diff.size)), size_error_text(diff.size_error),
                     format_size(static_cast<double>(diff.size_diff), true),
                     size_error_text(diff.size_diff_error), diff.count,
                     count_error_text(diff.count_error), diff.count_diff,
                     count_error_text(diff.count_diff_error), average(diff.size, diff.count));
}

std::string repr_of(const Frame& frame, const TracebackTable& table) {
  return fmt::format("<Frame filename={} lineno={}>", python_repr(table.string(frame.filename)),
                     frame.lineno);
}

std::string repr_of(const Traceback& traceback, const TracebackTable& table) {
  return fmt::format("<Traceback {} total_nframe={}>",
                     repr_of_frames(frames_of(traceback, table), table), traceback.total_nframe);
}

std::string repr_of(const Trace& trace, const TracebackTable& table) {
  return fmt::format("<Trace domain={} size={}, traceback={}>", trace.domain,
                     format_size(static_cast<double>(trace.size)),
                     repr_of(table.traceback(trace.traceback), table));
}

std::string repr_of(const Statistic& statistic, const TracebackTable& table) {
  return fmt::format("<Statistic traceback=<Traceback {}> size={} count={}>",
                     repr_of_frames(frames_of(statistic.key, table), table), statistic.size,
                     statistic.count);
}

std::string repr_of(const StatisticDiff& diff, const TracebackTable& table) {
  return fmt::format("<StatisticDiff traceback=<Traceback {}> size={} ({:+}) count={} ({:+})>",
                     repr_of_frames(frames_of(diff.key, table), table), diff.size, diff.size_diff,
                     diff.count, diff.count_diff);
}

std::vector<std::string> format_frames(std::span<const Frame> oldest_first,
                                       const TracebackTable& table, const SourceReader& source,
                                       std::optional<std::int64_t> limit, bool most_recent_first) {
  const auto shown = limited(oldest_first, limit);
  std::vector<Frame> frames(shown.begin(), shown.end());
  if (most_recent_first) {
    std::ranges::reverse(frames);
  }
  std::vector<std::string> lines;
  for (const Frame& frame : frames) {
    const std::string_view filename = table.string(frame.filename);
    lines.push_back(fmt::format("  File \"{}\", line {}", filename, frame.lineno));
    const auto line = source ? source(filename, frame.lineno) : std::nullopt;
    const std::string text = line ? stripped(*line) : "";
    if (!text.empty()) {
      lines.push_back("    " + text);
    }
  }
  return lines;
}

}  // namespace tmbpf
