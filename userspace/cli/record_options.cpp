// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/record_options.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "userspace/cli/command_line.h"
#include "userspace/cli/quantity_text.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr const char* kDefaultOutput = "tmbpf-$pid-$counter.pb.gz";
constexpr double kDefaultInterval = 60;  // seconds
constexpr double kLeastInterval = 0.1;   // seconds
constexpr double kMostSeconds = 1e9;

// Of a time that is not 0.
double seconds_of(const std::string& text, const char* option) {
  const double seconds = parse_age(text);
  if (seconds < kLeastInterval || seconds > kMostSeconds) {
    throw Error(fmt::format("{} {}: it is to be between 0.1s and 10000d", option, text), "",
                ExitStatus::usage);
  }
  return seconds;
}

}  // namespace

void RecordArguments::add_to(CLI::App& app) {
  const std::string group = "Record";
  app.add_option("--output", output_,
                 fmt::format("The files: .pickle, .pb.gz, .json, .folded, .count.folded, "
                             ".speedscope.json or .csv, with $pid, $counter, $timestamp in their "
                             "name (default {})",
                             kDefaultOutput))
      ->type_name(kSnapshotValue)
      ->group(group);
  app.add_option("--interval", interval_,
                 "Time between snapshots: 30s, 5m, 2h (default 60s; none with --threshold alone)")
      ->type_name("AGE")
      ->group(group);
  app.add_option("--threshold", threshold_,
                 "A snapshot when traced memory has grown by so much since the last: 512K, 10M, 1G")
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--user-data", options_.user_data,
                 "Run before each snapshot by /bin/sh, as the user who runs tmbpf (root); what it "
                 "prints is kept in the file; TMBPF_PID is the process; 10 s at most")
      ->type_name("COMMAND")
      ->group(group);
  app.add_flag("--addresses", options_.addresses, "Keep each block's address; files grow")
      ->group(group);
  app.add_flag("--overwrite", options_.overwrite,
               "Let a name without $counter and $timestamp be written again and again")
      ->group(group);
  app.add_flag("--quiet", options_.quiet, "No line for each file; errors are still told")
      ->group(group);
  add_limits_to(app);
}

void RecordArguments::add_limits_to(CLI::App& app) {
  const std::string group = "Record";
  app.add_option("--count", options_.count, "End after so many snapshots of a process")
      ->check(CLI::Range(1, 1'000'000'000))
      ->group(group);
  app.add_option("--duration", duration_, "End after this time, with a last snapshot")
      ->type_name("AGE")
      ->group(group);
  app.add_option("--keep", options_.keep,
                 "Delete the oldest of the files that this run wrote beyond so many")
      ->check(CLI::Range(1, 1'000'000))
      ->group(group);
  app.add_option("--max-disk", max_disk_,
                 "Delete the oldest of the files that this run wrote beyond so much: 500M")
      ->type_name("SIZE")
      ->group(group);
}

RecordOptions RecordArguments::options(pid_t pid, std::vector<std::string> program) const {
  RecordOptions options = options_;
  options.pid = pid;
  options.program = std::move(program);
  if ((pid == 0) == options.program.empty()) {
    throw Error(pid == 0 ? "nothing to record" : "both --pid and a program",
                "give --pid PID or -- PROGRAM; `tmbpf record --help` shows all", ExitStatus::usage);
  }
  options.output = output_.empty() ? kDefaultOutput : output_;
  if (!threshold_.empty()) {
    options.rule.threshold = parse_size(threshold_);
  }
  if (!interval_.empty() || threshold_.empty()) {
    const double seconds =
        interval_.empty() ? kDefaultInterval : seconds_of(interval_, "--interval");
    options.rule.interval = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(seconds));
  }
  options.duration = duration_.empty() ? 0 : seconds_of(duration_, "--duration");
  options.max_disk = max_disk_.empty() ? 0 : parse_size(max_disk_);
  return options;
}

}  // namespace tmbpf
