// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/ps_command.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "symbols/python/python_command.h"
#include "symbols/python_processes.h"
#include "userspace/cli/file_progress.h"
#include "userspace/cli/standard_output.h"
#include "userspace/trace/control_socket.h"
#include "userspace/trace/target_lock.h"
#include "userspace/view/process_table.h"
#include "util/log.h"

namespace tmbpf {
namespace {

constexpr std::size_t kPipeWidth = 160;  // columns, when the output is no terminal
constexpr std::size_t kLeastWidth = 60;

struct CurrentTracer {
  pid_t pid = 0;
  bool session = false;
};

std::optional<CurrentTracer> current_tracer(pid_t target) {
  const auto pid = tracer_of(target);
  return pid ? std::optional(CurrentTracer{*pid, has_session(target)}) : std::nullopt;
}

nlohmann::json json_of(const PythonProcess& process) {
  const auto tracer = current_tracer(process.identity.pid);
  nlohmann::json row{{"pid", process.identity.pid},
                     {"version", nullptr},
                     {"build", process.build},
                     {"command", python_command(process.arguments).text},
                     {"arguments", process.arguments},
                     {"rss", process.resident},
                     {"traceable", process.obstacle.empty()},
                     {"obstacle", process.obstacle},
                     {"remedy", process.remedy},
                     {"tracer", nullptr}};
  if (process.version) {
    row["version"] = process.version->text();
  }
  if (tracer) {
    row["tracer"] = {{"pid", tracer->pid}, {"session", tracer->session}};
  }
  return row;
}

void print_json(const PythonProcesses& pythons) {
  nlohmann::json result{{"processes", nlohmann::json::array()}, {"unreadable", pythons.unreadable}};
  for (const PythonProcess& process : pythons.found) {
    result["processes"].push_back(json_of(process));
  }
  print_piece(result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

ProcessRow row_of(const PythonProcess& process) {
  ProcessRow row{.pid = process.identity.pid,
                 .version = process.version ? process.version->text() : "",
                 .build = process.build,
                 .command = python_command(process.arguments).text,
                 .resident = process.resident,
                 .state = process.obstacle.empty() ? "yes" : "no",
                 .note = process.obstacle};
  if (const auto tracer = current_tracer(process.identity.pid)) {
    row.state = tracer->session ? "session" : "traced";
    row.note =
        tracer->session ? "" : fmt::format("process {} is the tmbpf that traces it", tracer->pid);
  }
  return row;
}

std::size_t output_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
    return kPipeWidth;
  }
  return size.ws_col >= kLeastWidth ? size.ws_col : kLeastWidth;
}

void print_table(const PythonProcesses& pythons) {
  std::vector<ProcessRow> rows;
  for (const PythonProcess& process : pythons.found) {
    rows.push_back(row_of(process));
  }
  for (const std::string& line : process_table(rows, output_width())) {
    print_piece(line + "\n");
  }
}

}  // namespace

int run_ps(bool json) {
  FileProgress progress("the processes");
  const PythonProcesses pythons = find_python_processes(progress.reporter());
  progress.clear();
  if (json) {
    print_json(pythons);
  } else if (!pythons.found.empty()) {
    print_table(pythons);
  } else {
    log_info("no Python runs here that tmbpf could look at");
  }
  if (!json && pythons.unreadable > 0) {
    log_info(fmt::format("{} {} not be looked at{}", pythons.unreadable,
                         pythons.unreadable == 1 ? "process may" : "processes may",
                         ::geteuid() == 0 ? "" : "; with sudo tmbpf sees more"));
  }
  return 0;
}

}  // namespace tmbpf
