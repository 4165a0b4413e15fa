// SPDX-License-Identifier: Apache-2.0
// What the live view is to show, and for how long.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "userspace/cli/grouping_arguments.h"
#include "userspace/view/live/view_choice.h"

namespace tmbpf {

struct LiveOptions {
  std::vector<pid_t> pids;
  std::vector<std::string> program;  // instead of pids
  bool once = false;                 // one table after one interval
  double duration = 0;               // seconds; 0: no limit
  double interval = 0;               // seconds between refreshes; 0: 1 for pids, and for a program
                                     // only the table at its end
  std::size_t limit = 20;            // groups of a plain table; 0: all
  std::string output;                // template for the snapshots that key s writes
  GroupingArguments grouping;

  // What is shown first. Throws Error (usage) for what fits no option.
  [[nodiscard]] ViewChoice choice() const;
};

// `options` must outlive the parsing.
void add_live_options(CLI::App& app, LiveOptions& options);

}  // namespace tmbpf
