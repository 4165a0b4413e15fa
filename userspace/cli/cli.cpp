// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/cli/check_command.h"
#include "userspace/cli/convert_command.h"
#include "userspace/cli/live_command.h"
#include "userspace/cli/report_command.h"
#include "userspace/cli/session_commands.h"
#include "userspace/cli/standard_output.h"
#include "userspace/cli/stats_command.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr const char* kFooter = R"(Examples:
  sudo tmbpf --pid 1234                                what holds memory, by line, refreshed
  sudo tmbpf -- python3 app.py                         the same from the first instruction
  sudo tmbpf start --pid 1234 --frames 25              a session in the background
  sudo tmbpf snapshot --pid 1234 --output a.pickle     .pickle (tracemalloc), .pb.gz (pprof), .json, ...

Exit status: 0 done; 1 failed; 2 usage; 3 target gone or not traceable; 4 not permitted;
130 interrupted.)";

// The whole command line: every option's value, and what to run.
struct CommandLine {
  LiveOptions live;
  CaptureOptions capture;
  pid_t pid = 0;  // of the subcommands
  std::string output;
  bool family = false;
  bool addresses = false;
  bool json = false;
  AnalysisArguments stats;
  AnalysisArguments diff;
  std::vector<std::string> files;
  bool first = false;
  std::string pickle_compat = "3.9";
  std::string source_root;
};

CLI::Option* add_pid(CLI::App& app, pid_t& pid) {
  return app.add_option("--pid", pid, "The process")
      ->check(CLI::Range(1, std::numeric_limits<pid_t>::max()));
}

void add_commands(CLI::App& app, CommandLine& line) {
  app.require_subcommand(0, 1);
  CLI::App* start = app.add_subcommand("start", "Trace a process in the background");
  add_pid(*start, line.pid)->required();
  add_capture_options(*start, line.capture);
  CLI::App* snapshot = app.add_subcommand("snapshot", "Write what a session's process holds now");
  add_pid(*snapshot, line.pid)->required();
  snapshot
      ->add_option("--output", line.output,
                   "The file: .pickle, .pb.gz, .json, .folded, .count.folded, .speedscope.json or "
                   ".csv; may hold $pid, $counter, $timestamp")
      ->required();
  snapshot->add_flag("--follow", line.family, "A file for each process that the session follows");
  snapshot->add_flag("--addresses", line.addresses, "Keep each block's address; files grow");
  CLI::App* status = app.add_subcommand("status", "Show a session's totals");
  add_pid(*status, line.pid)->required();
  status->add_flag("--json", line.json, "For programs");
  add_pid(*app.add_subcommand("stop", "End a session"), line.pid)->required();
  CLI::App* stats =
      app.add_subcommand("stats", "Show what snapshots hold, each compared with the last");
  stats->add_option("FILE", line.files, "Snapshots: .pickle, .pb.gz, .json")->required();
  stats->add_flag("--first", line.first, "Compare each with the first");
  line.stats.add_to(*stats);
  CLI::App* diff = app.add_subcommand("diff", "Show what differs between two snapshots");
  diff->add_option("FILE", line.files, "OLD NEW")->required()->expected(2);
  line.diff.add_to(*diff);
  CLI::App* report = app.add_subcommand("report", "Write a page to look at: flame graph and table");
  report->add_option("FILE", line.files, "[OLD] SNAPSHOT OUT.html; with OLD the difference")
      ->required()
      ->expected(2, 3);
  report->add_option("--source-root", line.source_root,
                     "Where the source files of another root lie (a container's)");
  CLI::App* convert = app.add_subcommand("convert", "Write a snapshot in another format");
  convert
      ->add_option("FILE", line.files,
                   "IN OUT; IN is .pickle, .pb.gz or .json; the extension of OUT tells the format: "
                   "these, .folded (bytes), .count.folded (blocks), .speedscope.json, .csv")
      ->required()
      ->expected(2);
  convert
      ->add_option("--pickle-compat", line.pickle_compat,
                   "Python that is to load a .pickle: 3.9, 3.6, 3.4")
      ->check(CLI::IsMember({"3.9", "3.6", "3.4"}))
      ->capture_default_str();
  add_pid(*app.add_subcommand("check", "What this system, and a process, allow"), line.pid);
}

int run_command(const CLI::App& app, const CommandLine& line) {
  if (app.got_subcommand("start")) {
    return run_start(line.pid, line.capture);
  }
  if (app.got_subcommand("snapshot")) {
    return run_snapshot(line.pid, line.output, line.family, line.addresses);
  }
  if (app.got_subcommand("status")) {
    return run_status(line.pid, line.json);
  }
  if (app.got_subcommand("stop")) {
    return run_stop(line.pid);
  }
  if (app.got_subcommand("stats")) {
    return run_stats(line.files, line.first, line.stats.options());
  }
  if (app.got_subcommand("diff")) {
    return run_diff(line.files[0], line.files[1], line.diff.options());
  }
  if (app.got_subcommand("convert")) {
    return run_convert(line.files[0], line.files[1], line.pickle_compat);
  }
  if (app.got_subcommand("report")) {
    return run_report(line.files, line.source_root);
  }
  if (app.got_subcommand("check")) {
    return run_check(line.pid);
  }
  if ((line.live.pid == 0) == line.live.program.empty()) {
    throw Error(line.live.program.empty() ? "nothing to trace" : "both --pid and a program",
                "give --pid PID or -- PROGRAM; `tmbpf --help` shows all", ExitStatus::usage);
  }
  return run_live(line.live, line.capture);
}

// The status, unless it says success for a result that did not arrive.
int require_printed(int status) {
  const bool printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!printed && errno == EPIPE) {
    throw ClosedPipe();
  }
  if (!printed && status == static_cast<int>(ExitStatus::done)) {
    throw Error("cannot write to the standard output", "make room on the disk it goes to");
  }
  return status;
}

}  // namespace

int run_cli(int argc, char** argv) {
  CommandLine line;
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes != words.end()) {
    line.live.program.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
  }
  CLI::App app("tmbpf: where a running Python allocates its memory, seen from outside", "tmbpf");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("tmbpf ") + TMBPF_VERSION);
  add_pid(app, line.live.pid);
  add_live_options(app, line.live);
  add_capture_options(app, line.capture);
  add_commands(app, line);
  std::reverse(words.begin(), words.end());  // CLI11 takes them last first
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      return app.exit(error);  // --help, --version
    }
    throw Error(error.what(), "`tmbpf --help` shows what is possible", ExitStatus::usage);
  }
  try {
    return require_printed(run_command(app, line));
  } catch (const ClosedPipe&) {
    return static_cast<int>(ExitStatus::done);
  }
}

}  // namespace tmbpf
