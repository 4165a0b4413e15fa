// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/groups_page.h"

#include <algorithm>
#include <string>

#include "userspace/view/live/group_members.h"
#include "userspace/view/live/group_table.h"

namespace tmbpf {

bool GroupsPage::press(Key key, const LiveGroups& groups) {
  if (!cursor_.press(key)) {
    return false;
  }
  const std::size_t last = groups.rows.empty() ? 0 : groups.rows.size() - 1;
  cursor_.select(std::min(cursor_.selected(), last));
  followed_ = cursor_.selected() > 0 ? selected(groups) : std::nullopt;
  return true;
}

std::optional<GroupKey> GroupsPage::selected(const LiveGroups& groups) const {
  return cursor_.selected() < groups.rows.size()
             ? std::optional(groups.rows[cursor_.selected()].key)
             : std::nullopt;
}

void GroupsPage::follow(const LiveGroups& groups, const TracebackTable& table) {
  if (!followed_) {
    return;
  }
  const auto found = std::ranges::find_if(groups.rows, [&](const StatisticDiff& row) {
    return same_group(row.key, *followed_, table);
  });
  if (found != groups.rows.end()) {
    cursor_.select(static_cast<std::size_t>(found - groups.rows.begin()));
  }
}

ScreenLines GroupsPage::lines(const LiveGroups& groups, const TracebackTable& table, double whole,
                              std::size_t width, std::size_t height) {
  const std::size_t rows = height > 0 ? height - 1 : 0;
  follow(groups, table);
  cursor_.fit(groups.rows.size(), rows);
  const auto texts = group_table({.groups = groups,
                                  .table = table,
                                  .whole = whole,
                                  .first = cursor_.first(),
                                  .height = rows,
                                  .width = width});
  ScreenLines lines;
  for (const std::string& text : texts) {
    lines.push_back({text, lines.empty() ? LineStyle::strong : LineStyle::plain});
  }
  const std::size_t marked = cursor_.selected() - cursor_.first() + 1;
  if (marked < lines.size()) {
    lines[marked].style = LineStyle::selected;
  }
  lines.resize(std::min(lines.size(), height));
  return lines;
}

}  // namespace tmbpf
