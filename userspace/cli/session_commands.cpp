// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/session_commands.h"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <optional>
#include <vector>

#include "symbols/process/process_identity.h"
#include "symbols/python_target.h"
#include "userspace/cli/output_template.h"
#include "userspace/cli/standard_output.h"
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

void print_losses(const nlohmann::json& losses) {
  for (const auto& [key, loss] : losses.items()) {
    fmt::print("    {}: {}\n", loss.value("count", 0L), loss.value("what", key));
  }
}

// "N what; the last: why", when there are any of that key.
void print_count(const nlohmann::json& status, const std::string& key, const char* what) {
  if (const auto count = status.value(key, 0L); count != 0) {
    const auto last = status.value(key + "_last", "");
    fmt::print("  {} {}{}{}\n", what, count, last.empty() ? "" : "; the last: ", printable(last));
  }
}

void print_family(const nlohmann::json& status) {
  if (status.contains("followed_from")) {
    fmt::print("  followed from process {}\n", status.value("followed_from", 0));
  }
  for (const auto& member : status.value("family", nlohmann::json::array())) {
    fmt::print("  follows process {} ({}): {}, traced {} in {} blocks\n", member.value("pid", 0),
               printable(member.value("command", "")), member.value("state", ""),
               size_of(member, "traced_current"), member.value("traces", 0L));
  }
  if (status.contains("family_kernel_memory")) {
    fmt::print("  kernel memory of all these {}\n", size_of(status, "family_kernel_memory"));
  }
  print_count(status, "not_followed", "not followed");
  print_count(status, "ended_unseen", "forked children that ended before they could be traced");
  print_count(status, "forgotten", "ended processes whose last state is kept no more");
}

void print_status(const nlohmann::json& status) {
  fmt::print("process {} ({}, CPython {}): {}\n", status.value("pid", 0),
             printable(status.value("command", "")), status.value("python", ""),
             status.value("state", ""));
  fmt::print("  mode {}, {} frames, {} probes, traced for {:.0f} s\n", status.value("mode", ""),
             status.value("frames", 0), status.value("sites", 0), status.value("elapsed", 0.0));
  fmt::print("  traced {} in {} blocks (of at most {}), peak {}\n",
             size_of(status, "traced_current"), status.value("traces", 0L),
             status.value("max_traces", 0L), size_of(status, "traced_peak"));
  fmt::print("  process RSS {}, tracer memory {} ({} in the kernel)\n",
             size_of(status, "process_rss"), size_of(status, "tracer_memory"),
             size_of(status, "kernel_memory"));
  if (status.contains("coverage") && status["coverage"].is_number()) {
    const double age = status.value("coverage_age", 0.0);
    fmt::print("  coverage {:.3f} %{}, {} blocks ({}) missing, {} ({}) from before the attach\n",
               100 * status.value("coverage", 0.0),
               age < 1 ? "" : fmt::format(" ({:.0f} s ago)", age),
               status.value("missing_blocks", 0L), size_of(status, "missing_bytes"),
               status.value("blocks_before_attach", 0L), size_of(status, "bytes_before_attach"));
    print_losses(status.at("missing_causes"));
  }
  if (!status.value("replaced_allocator", "").empty()) {
    fmt::print("  what {} allocates is not seen: numbers are no longer complete\n",
               printable(status.value("replaced_allocator", "")));
  }
  print_family(status);
  fmt::print("  lost events {}\n", status.value("lost", 0L));
  print_losses(status.at("losses"));
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

void print_json(const nlohmann::json& value) {
  print_piece(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
}

// Its status; nothing when the process has no session that answers us.
std::optional<nlohmann::json> find_session(pid_t pid) {
  try {
    return ask_session(pid, {{"command", "status"}});
  } catch (const Error&) {
    return std::nullopt;
  }
}

void print_started(pid_t pid, const nlohmann::json& status, bool fresh) {
  if (fresh) {
    print_piece(
        fmt::format("tracing process {0} in the background; `tmbpf snapshot --pid {0} --output "
                    "FILE` writes what it holds, `tmbpf stop --pid {0}` ends it\n",
                    pid));
    return;
  }
  print_piece(
      fmt::format("process {} is already traced, with {} frames for {:.0f} s: nothing was "
                  "changed; `tmbpf stop --pid {}` ends that session\n",
                  pid, status.value("frames", 0), status.value("elapsed", 0.0), pid));
}

}  // namespace

int run_start(pid_t pid, const CaptureOptions& capture, bool json) {
  bool fresh = true;
  nlohmann::json status;
  try {
    start_session(open_python_target(pid), capture.trace);
  } catch (const Error&) {
    fresh = false;
    status = find_session(pid).value_or(nlohmann::json::object());
    if (!status.value("tracing", false)) {
      throw;
    }
  }
  if (json) {
    print_json({{"pid", pid}, {"started", fresh}, {"tracing", true}});
  } else {
    print_started(pid, status, fresh);
  }
  return 0;
}

int run_snapshot(pid_t pid, const std::string& output, bool family, bool addresses, bool json) {
  const OutputTemplate names(output);
  const std::vector<pid_t> pids = family ? family_of(pid) : std::vector{pid};
  if (pids.size() > 1 && !names.differs_by_process()) {
    throw Error(fmt::format("{} processes cannot share the file {}", pids.size(), output),
                "put $pid into its name, in single quotes", ExitStatus::usage);
  }
  const std::time_t now = std::time(nullptr);
  for (const pid_t one : pids) {
    try {
      const auto result = write_one(one, names.name(one, now), addresses);
      if (json) {
        print_json(result);
      } else {
        print_piece(
            fmt::format("{}: {} traces\n", result.value("output", ""), result.value("traces", 0L)));
      }
    } catch (const Error& error) {
      if (one == pid || error.status() != ExitStatus::target) {
        throw;
      }
      log_warning(error.what());  // it was stopped, or became another program, meanwhile
    }
  }
  return 0;
}

int run_status(pid_t pid, bool fresh, bool json) {
  try {
    const auto status = ask_session(pid, {{"command", "status"}, {"fresh", fresh}});
    if (json) {
      print_json(status);
    } else {
      print_status(status);
    }
  } catch (const Error& error) {
    if (!json || error.status() != ExitStatus::target) {
      throw;
    }
    identify_process(pid);
    print_json({{"pid", pid}, {"tracing", false}});
  }
  return 0;
}

int run_clear(pid_t pid, bool json) {
  const auto answer = ask_session(pid, {{"command", "clear"}});
  if (json) {
    print_json(answer);
  } else {
    print_piece(fmt::format("process {}: forgot {} traces of {}\n", pid,
                            answer.value("cleared_traces", 0L), size_of(answer, "cleared_bytes")));
  }
  return 0;
}

int run_reset_peak(pid_t pid, bool json) {
  const auto answer = ask_session(pid, {{"command", "reset-peak"}});
  if (json) {
    print_json(answer);
  } else {
    print_piece(
        fmt::format("process {}: the peak is now {}\n", pid, size_of(answer, "traced_peak")));
  }
  return 0;
}

int run_stop(pid_t pid, bool json) {
  const auto answer = ask_session(pid, {{"command", "stop"}});
  if (json) {
    print_json(answer);
    return 0;
  }
  for (const pid_t one : answer.value("stopped", std::vector{pid})) {
    print_piece(fmt::format("process {} is no longer traced\n", one));
  }
  return 0;
}

}  // namespace tmbpf
