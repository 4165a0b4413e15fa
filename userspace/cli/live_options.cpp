// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/live_options.h"

#include <algorithm>

#include "userspace/cli/command_line.h"

namespace tmbpf {

void add_live_options(CLI::App& app, LiveOptions& options) {
  const std::string group = "View";
  app.add_flag("--once", options.once, "Print one table and end")->group(group);
  app.add_option("--duration", options.duration, "Seconds to trace; 0: until q or Ctrl-C")
      ->check(CLI::Range(0.0, 1e9))
      ->group(group);
  app.add_option("--interval", options.interval,
                 "Seconds between refreshes (default 1; with a program: only at its end)")
      ->check(CLI::Range(0.1, 86400.0))
      ->group(group);
  app.add_option("--limit", options.limit, "Groups of a table of plain text")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group(group);
  options.output = "tmbpf-$pid-$counter.pb.gz";
  app.add_option("--output", options.output,
                 "The snapshots that the key s writes; see tmbpf snapshot")
      ->type_name(kSnapshotValue)
      ->capture_default_str()
      ->group(group);
  options.grouping.add_to(app, "size");
}

ViewChoice LiveOptions::choice() const {
  ViewChoice choice{.group_by = grouping.group_by(),
                    .cumulative = grouping.cumulative(),
                    .sort = grouping.sort()};
  if (choice.sort == SortOrder::tracemalloc) {
    choice.sort = SortOrder::size;
  }
  return choice;
}

}  // namespace tmbpf
