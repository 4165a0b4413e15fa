// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "userspace/cli/check_command.h"
#include "userspace/cli/command_line.h"
#include "userspace/cli/convert_command.h"
#include "userspace/cli/filter_command.h"
#include "userspace/cli/live_command.h"
#include "userspace/cli/object_command.h"
#include "userspace/cli/ps_command.h"
#include "userspace/cli/record_command.h"
#include "userspace/cli/report_command.h"
#include "userspace/cli/session_commands.h"
#include "userspace/cli/standard_output.h"
#include "userspace/cli/stats_command.h"
#include "util/error.h"

namespace tmbpf {
namespace {

AnswerForm form_of(const CommandLine& line) {
  return !line.json              ? AnswerForm::text
         : line.target.several() ? AnswerForm::json_list
                                 : AnswerForm::json;
}

// Nothing when it is another command.
std::optional<int> run_filter_command(const CLI::App& app, const CommandLine& line) {
  if (!app.got_subcommand("filter")) {
    return std::nullopt;
  }
  const CLI::App& filter = *app.get_subcommand("filter");
  const std::vector<pid_t> pids = line.target.all(TargetKind::session);
  if (filter.got_subcommand("add")) {
    return run_filter_add(pids, line.filter.filters(), form_of(line));
  }
  if (filter.got_subcommand("clear")) {
    return run_filter_clear(pids, form_of(line));
  }
  return run_filter_list(pids, form_of(line));
}

int run_live_view(const CommandLine& line) {
  LiveOptions live = line.live;
  if (line.live_target.given() != live.program.empty()) {
    throw Error(live.program.empty() ? "nothing to trace" : "both --pid and a program",
                "give --pid PID, --name PATTERN or -- PROGRAM; `tmbpf --help` shows all",
                ExitStatus::usage);
  }
  if (live.program.empty()) {
    live.pids = line.live_target.all(TargetKind::python);
  }
  return run_live(live, line.capture);
}

// Nothing when it is another command.
std::optional<int> run_session_command(const CLI::App& app, const CommandLine& line) {
  if (app.got_subcommand("start")) {
    return run_start(line.target.all(TargetKind::python), line.capture, form_of(line));
  }
  if (app.got_subcommand("record")) {
    const pid_t pid = line.one_target.given() ? line.one_target.one(TargetKind::python) : 0;
    return run_record(line.record.options(pid, line.live.program), line.capture);
  }
  if (app.got_subcommand("snapshot")) {
    return run_snapshot(line.target.all(TargetKind::session), line.output, line.family,
                        line.addresses, form_of(line));
  }
  if (app.got_subcommand("status")) {
    return run_status(line.target.all(TargetKind::session), line.fresh, form_of(line));
  }
  if (app.got_subcommand("clear")) {
    return run_clear(line.target.all(TargetKind::session), form_of(line));
  }
  if (app.got_subcommand("reset-peak")) {
    return run_reset_peak(line.target.all(TargetKind::session), form_of(line));
  }
  if (app.got_subcommand("object")) {
    return run_object(line.one_target.one(TargetKind::session), line.address, line.json);
  }
  if (app.got_subcommand("stop")) {
    return run_stop(line.target.all(TargetKind::session), form_of(line));
  }
  return std::nullopt;
}

int run_command(const CLI::App& app, const CommandLine& line) {
  if (const auto status = run_session_command(app, line)) {
    return *status;
  }
  if (const auto status = run_filter_command(app, line)) {
    return *status;
  }
  if (app.got_subcommand("stats")) {
    return run_stats(line.files, line.first, line.stats.options());
  }
  if (app.got_subcommand("diff")) {
    return run_diff(line.files[0], line.files[1], line.diff.options());
  }
  if (app.got_subcommand("convert")) {
    return run_convert(line.files[0], line.files[1], line.convert.filters(), line.pickle_compat);
  }
  if (app.got_subcommand("report")) {
    return run_report(line.files, line.report.filters(), line.source_root);
  }
  if (app.got_subcommand("check")) {
    return run_check(line.target.given() ? line.target.all(TargetKind::python)
                                         : std::vector<pid_t>());
  }
  if (app.got_subcommand("ps")) {
    return run_ps(line.json);
  }
  return run_live_view(line);
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
  CLI::App app(kDescription, "tmbpf");
  define_command_line(app, line);
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
