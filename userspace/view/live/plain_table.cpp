// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/plain_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {

std::vector<std::string> plain_table(ProcessTrack& track, const ViewChoice& choice,
                                     const TopStyle& style, std::size_t width,
                                     const SourceReader& source) {
  const TableTotals& totals = track.totals();
  std::vector<std::string> lines = header_lines(totals, width);
  lines.emplace_back();
  const LiveGroups groups = track.groups(choice);
  TopInput input{.table = track.table(),
                 .rows = groups.rows,
                 .type = choice.group_by,
                 .cumulative = choice.cumulative,
                 .compared = groups.compared,
                 .estimated = groups.estimated,
                 .time = format_local_time(track.time()),
                 .total = groups.total,
                 .source = source};
  if (groups.compared) {
    input.compared_to = format_local_time(groups.compared_to);
  }
  if (totals.process_rss != 0) {
    input.metrics.push_back("Total process memory: " +
                            format_size(static_cast<double>(totals.process_rss)));
  }
  std::ranges::move(top_lines(input, style), std::back_inserter(lines));
  return lines;
}

}  // namespace tmbpf
