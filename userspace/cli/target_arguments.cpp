// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/target_arguments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <set>

#include "symbols/process/process_list.h"
#include "symbols/python_target.h"
#include "userspace/cli/command_line.h"
#include "userspace/cli/name_pattern.h"
#include "userspace/trace/control_socket.h"
#include "userspace/trace/target_lock.h"
#include "userspace/view/human_text.h"
#include "util/error.h"
#include "util/log.h"

namespace tmbpf {
namespace {

constexpr std::size_t kCommandWidth = 60;
constexpr std::size_t kListed = 20;  // processes named in a message

struct NamedProcess {
  pid_t pid = 0;
  std::string command;  // short and printable
};

struct NamedProcesses {
  std::vector<NamedProcess> found;   // by pid
  std::vector<NamedProcess> closed;  // that fit and may not be looked at
};

bool is_of(TargetKind kind, pid_t pid) {
  return kind == TargetKind::session ? has_session(pid) : runs_python(pid);
}

NamedProcesses find_named(const NamePattern& pattern, TargetKind kind) {
  NamedProcesses result;
  std::vector<pid_t> pids = all_processes();
  std::ranges::sort(pids);
  for (const pid_t pid : pids) {
    const PythonCommand command = python_command(process_arguments(pid));
    if (command.program.empty() || pid == ::getpid() || !pattern.matches(command)) {
      continue;
    }
    NamedProcess process{pid, shorten_right(printable(command.text), kCommandWidth)};
    try {
      if (is_of(kind, pid)) {
        result.found.push_back(std::move(process));
      }
    } catch (const Error& error) {
      if (error.status() == ExitStatus::not_permitted) {
        result.closed.push_back(std::move(process));
      }
    }
  }
  return result;
}

[[noreturn]] void refuse_none(const NamePattern& pattern, TargetKind kind,
                              const NamedProcesses& named) {
  if (!named.closed.empty()) {
    throw Error(fmt::format("process {} ({}) fits --name {}, but may not be looked at",
                            named.closed.front().pid, named.closed.front().command, pattern.text()),
                "run with sudo", ExitStatus::not_permitted);
  }
  throw Error(
      fmt::format("no {} fits --name {}",
                  kind == TargetKind::session ? "process with a tmbpf session" : "running Python",
                  pattern.text()),
      kind == TargetKind::session
          ? "`tmbpf ps` shows who has one; one whose process ended is only found by --pid"
          : "`tmbpf ps` lists the Pythons that run here",
      ExitStatus::target);
}

[[noreturn]] void refuse_several(const NamePattern& pattern, const std::vector<NamedProcess>& found,
                                 bool all_is_possible) {
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), kListed); ++i) {
    list += fmt::format("{}  {}\n", found[i].pid, found[i].command);
  }
  if (found.size() > kListed) {
    list += fmt::format("and {} more\n", found.size() - kListed);
  }
  throw Error(fmt::format("{} processes fit --name {}", found.size(), pattern.text()),
              list + "give --pid PID or a pattern that fits one alone" +
                  (all_is_possible ? ", or --all for each of them" : ""),
              ExitStatus::usage);
}

std::vector<pid_t> each_once(const std::vector<pid_t>& pids) {
  std::set<pid_t> known;
  std::vector<pid_t> result;
  std::ranges::copy_if(pids, std::back_inserter(result),
                       [&known](pid_t pid) { return known.insert(pid).second; });
  return result;
}

}  // namespace

void TargetArguments::add_to(CLI::App& app, const std::string& group) {
  CLI::Option* pid = app.add_option("--pid", pids_, "The process")
                         ->check(CLI::Range(1, std::numeric_limits<pid_t>::max()))
                         ->type_name(kPidValue)
                         ->allow_extra_args(false)
                         ->group(group);
  app.add_option("--name", name_,
                 "The Python whose script or module has this name, with or without folder and .py; "
                 "a PATTERN with a space or * may also fit the command line from there on")
      ->type_name("PATTERN")
      ->allow_extra_args(false)
      ->expected(1)
      ->excludes(pid)
      ->group(group);
}

void TargetArguments::add_several_to(CLI::App& app, const std::string& group) {
  add_to(app, group);
  takes_several_ = true;
  app.get_option("--pid")->description("The process; may repeat");
  app.add_flag("--all", every_, "Each process that fits --name")
      ->needs(app.get_option("--name"))
      ->group(group);
}

bool TargetArguments::several() const { return every_ || each_once(pids_).size() > 1; }

pid_t TargetArguments::one(TargetKind kind) const {
  const std::vector<pid_t> pids = all(kind);
  if (pids.size() > 1) {
    throw Error(fmt::format("{} processes, but this command takes one", pids.size()),
                "give one --pid; start, status, snapshot, stop and check take several",
                ExitStatus::usage);
  }
  return pids.front();
}

std::vector<pid_t> TargetArguments::all(TargetKind kind) const {
  if (!given()) {
    throw Error("no process is given",
                "give --pid PID or --name PATTERN; `tmbpf ps` lists the Pythons that run here",
                ExitStatus::usage);
  }
  if (name_.empty()) {
    return each_once(pids_);
  }
  const NamePattern pattern(name_.back());
  if (kind == TargetKind::session) {
    run_directory();  // says who may ask for sessions
  }
  const NamedProcesses named = find_named(pattern, kind);
  if (named.found.empty()) {
    refuse_none(pattern, kind, named);
  }
  if (named.found.size() > 1 && !every_) {
    refuse_several(pattern, named.found, takes_several_);
  }
  std::vector<pid_t> pids;
  for (const NamedProcess& process : named.found) {
    log_info(fmt::format("process {} ({})", process.pid, process.command));
    pids.push_back(process.pid);
  }
  return pids;
}

}  // namespace tmbpf
