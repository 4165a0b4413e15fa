// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/session_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "symbols/process/process_tree.h"
#include "symbols/python_target.h"
#include "userspace/cli/each_target.h"
#include "userspace/cli/output_template.h"
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
    fmt::print("  coverage {:.3f} %, {} blocks ({}) missing, {} ({}) from before the attach\n",
               100 * status.value("coverage", 0.0), status.value("missing_blocks", 0L),
               size_of(status, "missing_bytes"), status.value("blocks_before_attach", 0L),
               size_of(status, "bytes_before_attach"));
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

void require_own_names(std::size_t processes, const OutputTemplate& names) {
  if (processes > 1 && !names.differs_by_process()) {
    throw Error(fmt::format("{} processes cannot share one file", processes),
                "put $pid into its name, in single quotes", ExitStatus::usage);
  }
}

void write_one(pid_t pid, const std::string& output, bool addresses) {
  check_output_path(output);
  const std::string path = std::filesystem::absolute(output).string();
  const auto result =
      ask_session(pid, {{"command", "snapshot"}, {"output", path}, {"addresses", addresses}});
  fmt::print("{}: {} traces\n", output, result.value("traces", 0L));
  const auto losses = result.value("losses", nlohmann::json::object());
  for (const auto& [key, loss] : losses.items()) {
    log_warning(fmt::format("lost {}: {}", loss.value("count", 0L), loss.value("what", key)));
  }
  if (const auto untraced = result.value("replaced_allocator", ""); !untraced.empty()) {
    log_warning(
        fmt::format("no longer complete: what {} allocates is not seen", printable(untraced)));
  }
}

void write_family(pid_t pid, const OutputTemplate& names, bool family, bool addresses) {
  const std::vector<pid_t> pids = family ? family_of(pid) : std::vector{pid};
  require_own_names(pids.size(), names);
  const std::time_t now = std::time(nullptr);
  for (const pid_t one : pids) {
    try {
      write_one(one, names.name(one, now), addresses);
    } catch (const Error& error) {
      if (one == pid || error.status() != ExitStatus::target) {
        throw;
      }
      log_warning(error.what());  // it was stopped, or became another program, meanwhile
    }
  }
}

// What one of our new sessions follows by now needs no session of its own.
bool is_followed(pid_t pid, const std::vector<pid_t>& started) {
  return std::ranges::any_of(started, [pid](pid_t root) {
    const std::vector<pid_t> family = descendants_of(root);
    return std::ranges::find(family, pid) != family.end();
  });
}

}  // namespace

int run_start(const std::vector<pid_t>& pids, const CaptureOptions& capture) {
  std::vector<pid_t> started;
  return for_each_target(pids, [&](pid_t pid) {
    if (capture.trace.follow && is_followed(pid, started)) {
      fmt::print("process {} is followed\n", pid);
      return 0;
    }
    start_session(open_python_target(pid), capture.trace);
    started.push_back(pid);
    fmt::print(
        "tracing process {0} in the background; `tmbpf snapshot --pid {0} --output FILE` writes "
        "what it holds, `tmbpf stop --pid {0}` ends it\n",
        pid);
    return 0;
  });
}

int run_snapshot(const std::vector<pid_t>& pids, const std::string& output, bool family,
                 bool addresses) {
  const OutputTemplate names(output);
  require_own_names(pids.size(), names);
  return for_each_target(pids, [&](pid_t pid) {
    write_family(pid, names, family, addresses);
    return 0;
  });
}

int run_status(const std::vector<pid_t>& pids, StatusForm form) {
  auto list = nlohmann::json::array();
  const int result = for_each_target(pids, [&](pid_t pid) {
    const auto status = ask_session(pid, {{"command", "status"}});
    switch (form) {
      case StatusForm::text:
        print_status(status);
        break;
      case StatusForm::json:
        fmt::print("{}\n", status.dump(2));
        break;
      case StatusForm::json_list:
        list.push_back(status);
        break;
    }
    return 0;
  });
  if (form == StatusForm::json_list) {
    fmt::print("{}\n", list.dump(2));
  }
  return result;
}

int run_stop(const std::vector<pid_t>& pids) {
  std::vector<pid_t> stopped;
  return for_each_target(pids, [&](pid_t pid) {
    if (std::ranges::find(stopped, pid) != stopped.end()) {
      return 0;  // with its family
    }
    const auto answer = ask_session(pid, {{"command", "stop"}});
    for (const pid_t one : answer.value("stopped", std::vector{pid})) {
      fmt::print("process {} is no longer traced\n", one);
      stopped.push_back(one);
    }
    return 0;
  });
}

}  // namespace tmbpf
