// SPDX-License-Identifier: Apache-2.0
// `tmbpf --pid PID` and `tmbpf -- PROGRAM`: what holds memory, by line, refreshed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "userspace/cli/capture_options.h"

namespace tmbpf {

struct LiveOptions {
  pid_t pid = 0;
  std::vector<std::string> program;  // instead of pid
  bool once = false;                 // one table after one interval
  double duration = 0;               // seconds; 0: no limit
  double interval = 0;               // seconds between refreshes; 0: 1 for a pid, and for a
                                     // program only the table at its end
  std::size_t limit = 20;            // rows
};

void add_live_options(CLI::App& app, LiveOptions& options);

// Returns the exit status: done, target (it ended meanwhile), interrupted; with a program, its own.
int run_live(const LiveOptions& live, const CaptureOptions& capture);

}  // namespace tmbpf
