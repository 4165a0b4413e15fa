// SPDX-License-Identifier: Apache-2.0
// The page that lists a process's groups.
#pragma once

#include <cstddef>
#include <optional>

#include "userspace/view/key.h"
#include "userspace/view/live/list_cursor.h"
#include "userspace/view/live/live_groups.h"
#include "userspace/view/screen_line.h"

namespace tmbpf {

// The cursor stays on its group, wherever that goes, once it was moved from the first row.
class GroupsPage {
 public:
  // Whether the key moved the cursor.
  bool press(Key key, const LiveGroups& groups);
  // Other groups are listed: the cursor goes to the first.
  void reset() { cursor_ = ListCursor(), followed_.reset(); }
  // The group under the cursor; nothing when there is none.
  [[nodiscard]] std::optional<GroupKey> selected(const LiveGroups& groups) const;

  // Titles, then rows. `whole`: bytes that shares are of.
  ScreenLines lines(const LiveGroups& groups, const TracebackTable& table, double whole,
                    std::size_t width, std::size_t height);

 private:
  void follow(const LiveGroups& groups, const TracebackTable& table);

  ListCursor cursor_;
  std::optional<GroupKey> followed_;
};

}  // namespace tmbpf
