// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/session_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <optional>

#include "symbols/process/process_identity.h"
#include "symbols/process/process_tree.h"
#include "symbols/python_target.h"
#include "userspace/cli/each_target.h"
#include "userspace/cli/output_template.h"
#include "userspace/cli/standard_output.h"
#include "userspace/cli/status_text.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/trace/control_socket.h"
#include "userspace/trace/session.h"
#include "userspace/view/human_text.h"
#include "util/error.h"
#include "util/format_size.h"
#include "util/log.h"

namespace tmbpf {
namespace {

std::string size_of(const nlohmann::json& status, const char* key) {
  return format_size(status.value(key, 0.0));
}

// The process and whom its session follows.
std::vector<pid_t> family_of(pid_t pid) {
  const auto status = ask_session(pid, {{"command", "status"}});
  if (!status.contains("family")) {
    throw Error(fmt::format("the session of process {} follows nobody", pid),
                "begin it with `tmbpf start --follow`, and name the process that it was given",
                ExitStatus::usage);
  }
  std::vector<pid_t> pids{pid};
  for (const auto& member : status["family"]) {
    pids.push_back(member.value("pid", 0));
  }
  return pids;
}

void require_own_names(std::size_t processes, const OutputTemplate& names) {
  if (processes > 1 && !names.differs_by_process()) {
    throw Error(fmt::format("{} processes cannot share one file", processes),
                "put $pid into its name, in single quotes", ExitStatus::usage);
  }
}

// What the session answered, with the file's path.
nlohmann::json write_one(pid_t pid, const std::string& output, bool addresses) {
  check_output_path(output);
  const std::string path = std::filesystem::absolute(output).string();
  auto result =
      ask_session(pid, {{"command", "snapshot"}, {"output", path}, {"addresses", addresses}});
  result["pid"] = pid;
  result["output"] = output;
  const auto losses = result.value("losses", nlohmann::json::object());
  for (const auto& [key, loss] : losses.items()) {
    log_warning(fmt::format("lost {}: {}", loss.value("count", 0L), loss.value("what", key)));
  }
  if (const auto untraced = result.value("replaced_allocator", ""); !untraced.empty()) {
    log_warning(
        fmt::format("no longer complete: what {} allocates is not seen", printable(untraced)));
  }
  return result;
}

// Its status; nothing when the process has no session that answers us.
std::optional<nlohmann::json> find_session(pid_t pid) {
  try {
    return ask_session(pid, {{"command", "status"}});
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string started_text(pid_t pid, const nlohmann::json& status, bool fresh) {
  return fresh ? fmt::format(
                     "tracing process {0} in the background; `tmbpf snapshot --pid {0} --output "
                     "FILE` writes what it holds, `tmbpf stop --pid {0}` ends it\n",
                     pid)
               : fmt::format(
                     "process {} is already traced, with {} frames for {:.0f} s: nothing was "
                     "changed; `tmbpf stop --pid {}` ends that session\n",
                     pid, status.value("frames", 0), status.value("elapsed", 0.0), pid);
}

void start_one(pid_t pid, const CaptureOptions& capture, Answers& answers) {
  bool fresh = true;
  nlohmann::json status;
  try {
    start_session(open_python_target(pid), capture.trace_options());
  } catch (const Error&) {
    fresh = false;
    status = find_session(pid).value_or(nlohmann::json::object());
    if (!status.value("tracing", false)) {
      throw;
    }
  }
  answers.add({{"pid", pid}, {"started", fresh}, {"tracing", true}},
              [&] { print_piece(started_text(pid, status, fresh)); });
}

// What one of our new sessions follows by now needs no session of its own.
bool is_followed(pid_t pid, const std::vector<pid_t>& started) {
  return std::ranges::any_of(started, [pid](pid_t root) {
    const std::vector<pid_t> family = descendants_of(root);
    return std::ranges::find(family, pid) != family.end();
  });
}

void write_family(pid_t pid, const std::vector<pid_t>& family, const OutputTemplate& names,
                  bool addresses, Answers& answers) {
  require_own_names(family.size(), names);
  const std::time_t now = std::time(nullptr);
  for (const pid_t one : family) {
    try {
      const auto result = write_one(one, names.name(one, now), addresses);
      answers.add(result, [&result] {
        print_piece(
            fmt::format("{}: {} traces\n", result.value("output", ""), result.value("traces", 0L)));
      });
    } catch (const Error& error) {
      if (one == pid || error.status() != ExitStatus::target) {
        throw;
      }
      log_warning(error.what());  // it was stopped, or became another program, meanwhile
    }
  }
}

void show_status(pid_t pid, bool fresh, bool json, Answers& answers) {
  try {
    const auto status = ask_session(pid, {{"command", "status"}, {"fresh", fresh}});
    answers.add(status, [&status] { print_status(status); });
  } catch (const Error& error) {
    if (!json || error.status() != ExitStatus::target) {
      throw;
    }
    identify_process(pid);
    answers.add({{"pid", pid}, {"tracing", false}}, [] {});
  }
}

// Does it for each and prints the answers.
int answer_for_each(const std::vector<pid_t>& pids, AnswerForm form,
                    const std::function<void(pid_t, Answers&)>& act) {
  Answers answers(form);
  const int status = for_each_target(pids, [&](pid_t pid) {
    act(pid, answers);
    return 0;
  });
  answers.finish();
  return status;
}

}  // namespace

int run_start(const std::vector<pid_t>& pids, const CaptureOptions& capture, AnswerForm form) {
  std::vector<pid_t> started;
  return answer_for_each(pids, form, [&](pid_t pid, Answers& answers) {
    if (capture.trace.follow && is_followed(pid, started)) {
      answers.add({{"pid", pid}, {"started", false}, {"tracing", true}},
                  [pid] { print_piece(fmt::format("process {} is followed\n", pid)); });
      return;
    }
    start_one(pid, capture, answers);
    started.push_back(pid);
  });
}

int run_snapshot(const std::vector<pid_t>& pids, const std::string& output, bool family,
                 bool addresses, AnswerForm form) {
  const OutputTemplate names(output);
  require_own_names(pids.size(), names);
  return answer_for_each(pids, form, [&](pid_t pid, Answers& answers) {
    write_family(pid, family ? family_of(pid) : std::vector{pid}, names, addresses, answers);
  });
}

int run_status(const std::vector<pid_t>& pids, bool fresh, AnswerForm form) {
  return answer_for_each(pids, form, [&](pid_t pid, Answers& answers) {
    show_status(pid, fresh, form != AnswerForm::text, answers);
  });
}

int run_clear(const std::vector<pid_t>& pids, AnswerForm form) {
  return answer_for_each(pids, form, [](pid_t pid, Answers& answers) {
    const auto answer = ask_session(pid, {{"command", "clear"}});
    answers.add(answer, [&] {
      print_piece(fmt::format("process {}: forgot {} traces of {}\n", pid,
                              answer.value("cleared_traces", 0L),
                              size_of(answer, "cleared_bytes")));
    });
  });
}

int run_reset_peak(const std::vector<pid_t>& pids, AnswerForm form) {
  return answer_for_each(pids, form, [](pid_t pid, Answers& answers) {
    const auto answer = ask_session(pid, {{"command", "reset-peak"}});
    answers.add(answer, [&] {
      print_piece(
          fmt::format("process {}: the peak is now {}\n", pid, size_of(answer, "traced_peak")));
    });
  });
}

int run_stop(const std::vector<pid_t>& pids, AnswerForm form) {
  std::vector<pid_t> stopped;
  return answer_for_each(pids, form, [&](pid_t pid, Answers& answers) {
    if (std::ranges::find(stopped, pid) != stopped.end()) {
      return;  // with its family
    }
    const auto answer = ask_session(pid, {{"command", "stop"}});
    const auto ended = answer.value("stopped", std::vector{pid});
    stopped.insert(stopped.end(), ended.begin(), ended.end());
    answers.add(answer, [&ended] {
      for (const pid_t one : ended) {
        print_piece(fmt::format("process {} is no longer traced\n", one));
      }
    });
  });
}

}  // namespace tmbpf
