// SPDX-License-Identifier: Apache-2.0
// Every command and option, with the words that describe them: --help, the man pages and the
// completions of shells all come from here.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "userspace/cli/analysis_options.h"
#include "userspace/cli/capture_options.h"
#include "userspace/cli/filter_arguments.h"
#include "userspace/cli/live_options.h"
#include "userspace/cli/record_options.h"
#include "userspace/cli/target_arguments.h"

namespace tmbpf {

inline constexpr const char* kDescription =
    "tmbpf: where a running Python allocates its memory, seen from outside";

// Kinds of values that a shell can complete: an option's type_name().
inline constexpr const char* kPidValue = "PID";
inline constexpr const char* kSnapshotValue = "SNAPSHOT";  // a file
inline constexpr const char* kPageValue = "PAGE";          // snapshots, and the .html file last
inline constexpr const char* kFolderValue = "FOLDER";

// Every option's value.
struct CommandLine {
  LiveOptions live;
  CaptureOptions capture;
  RecordArguments record;
  TargetArguments live_target;
  TargetArguments target;      // of the subcommands that take several processes
  TargetArguments one_target;  // of those that take one
  std::string output;
  bool family = false;
  bool addresses = false;
  std::string address;  // of an object
  bool json = false;
  bool fresh = false;
  AnalysisArguments stats;
  AnalysisArguments diff;
  std::vector<std::string> files;
  bool first = false;
  FilterArguments convert;
  FilterArguments report;
  RecordingArguments filter;  // of `filter add`
  std::string pickle_compat = "3.9";
  std::string source_root;
};

// `line` must outlive the parsing.
void define_command_line(CLI::App& app, CommandLine& line);

}  // namespace tmbpf
