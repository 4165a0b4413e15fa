// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/session_commands.h"

#include <fmt/format.h>

#include <filesystem>

#include "symbols/python_target.h"
#include "userspace/files/snapshot_file.h"
#include "userspace/trace/control_socket.h"
#include "userspace/trace/session.h"
#include "util/format_size.h"
#include "util/log.h"

namespace tmbpf {
namespace {

std::string size_of(const nlohmann::json& status, const char* key) {
  return format_size(status.value(key, 0.0));
}

void print_status(const nlohmann::json& status) {
  fmt::print("process {} ({}, CPython {}): {}\n", status.value("pid", 0),
             status.value("command", ""), status.value("python", ""), status.value("state", ""));
  fmt::print("  mode {}, {} frames, {} probes, traced for {:.0f} s\n", status.value("mode", ""),
             status.value("frames", 0), status.value("sites", 0), status.value("elapsed", 0.0));
  fmt::print("  traced {} in {} blocks (of at most {}), peak {}\n",
             size_of(status, "traced_current"), status.value("traces", 0L),
             status.value("max_traces", 0L), size_of(status, "traced_peak"));
  fmt::print("  process RSS {}, tracer memory {} ({} in the kernel)\n",
             size_of(status, "process_rss"), size_of(status, "tracer_memory"),
             size_of(status, "kernel_memory"));
  if (status.contains("coverage") && status["coverage"].is_number()) {
    fmt::print("  coverage {:.3f} %, {} blocks from before the attach\n",
               100 * status.value("coverage", 0.0), status.value("blocks_before_attach", 0L));
  }
  if (!status.value("replaced_allocator", "").empty()) {
    fmt::print("  the target's allocator was replaced by {}: numbers since are not complete\n",
               status.value("replaced_allocator", ""));
  }
  fmt::print("  lost events {}\n", status.value("lost", 0L));
  for (const auto& [key, loss] : status.at("losses").items()) {
    fmt::print("    {}: {}\n", loss.value("count", 0L), loss.value("what", key));
  }
}

}  // namespace

int run_start(pid_t pid, const CaptureOptions& capture) {
  start_session(open_python_target(pid), capture.trace);
  fmt::print(
      "tracing process {} in the background; `tmbpf snapshot --pid {} --output FILE` writes "
      "what it holds, `tmbpf stop --pid {}` ends it\n",
      pid, pid, pid);
  return 0;
}

int run_snapshot(pid_t pid, const std::string& output) {
  check_output_path(output);
  const std::string path = std::filesystem::absolute(output).string();
  const auto result = ask_session(pid, {{"command", "snapshot"}, {"output", path}});
  fmt::print("{}: {} traces\n", output, result.value("traces", 0L));
  const auto losses = result.value("losses", nlohmann::json::object());
  for (const auto& [key, loss] : losses.items()) {
    log_warning(fmt::format("lost {}: {}", loss.value("count", 0L), loss.value("what", key)));
  }
  return 0;
}

int run_status(pid_t pid, bool json) {
  const auto status = ask_session(pid, {{"command", "status"}});
  if (json) {
    fmt::print("{}\n", status.dump(2));
  } else {
    print_status(status);
  }
  return 0;
}

int run_stop(pid_t pid) {
  ask_session(pid, {{"command", "stop"}});
  fmt::print("process {} is no longer traced\n", pid);
  return 0;
}

}  // namespace tmbpf
