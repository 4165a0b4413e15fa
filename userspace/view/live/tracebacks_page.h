// SPDX-License-Identifier: Apache-2.0
// The page that shows the tracebacks of one group, with source lines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "userspace/model/source_reader.h"
#include "userspace/model/statistic_diff.h"
#include "userspace/view/key.h"
#include "userspace/view/live/live_groups.h"
#include "userspace/view/live/text_scroll.h"
#include "userspace/view/screen_line.h"

namespace tmbpf {

class TracebacksPage {
 public:
  explicit TracebacksPage(GroupKey group) : group_(group) {}

  [[nodiscard]] const GroupKey& group() const { return group_; }
  // Whether the key moved the text.
  bool press(Key key) { return scroll_.press(key); }
  // What the group's tracebacks hold now (see ProcessTrack::tracebacks()). The text is made anew.
  void show(const LiveGroups& tracebacks, const TracebackTable& table, const SourceReader& source);

  ScreenLines lines(std::size_t width, std::size_t height);

 private:
  void add_traceback(std::size_t rank, const StatisticDiff& row, const TracebackTable& table,
                     const SourceReader& source, bool compared);

  // A path within a line is what may be shortened.
  struct Line {
    std::string before;
    LineStyle style = LineStyle::plain;
    std::string path;
    std::string after;
  };

  [[nodiscard]] static std::string fit(const Line& line, std::size_t width);

  GroupKey group_;
  std::vector<Line> text_;
  TextScroll scroll_;
};

}  // namespace tmbpf
