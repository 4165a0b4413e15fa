// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/status_text.h"

#include <fmt/format.h>

#include <string>

#include "userspace/view/human_text.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

constexpr double kPercent = 100;

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

void print_sampling(const nlohmann::json& sampling) {
  fmt::print("  sampled: {} windows, {} events in {:.3f} s of its time, {} blocks followed\n",
             sampling.value("windows", 0L), sampling.value("events", 0L),
             sampling.value("own_seconds", 0.0), sampling.value("candidates", 0L));
  if (sampling.value("raw_totals", "") == "none") {
    fmt::print(
        "  blocks above 512 bytes are not glibc's: their numbers are weights without totals\n");
  }
  if (const auto unsettled = sampling.value("malloc_unsettled", 0L); unsettled != 0) {
    fmt::print("  {} parts of malloc's heap kept changing: weights without totals there\n",
               unsettled);
  }
}

void print_budget(const nlohmann::json& status) {
  if (status.contains("slowdown")) {
    fmt::print("  estimated slowdown {:.2f} % (at most {:.3g} %)\n",
               kPercent * status.value("slowdown", 0.0),
               kPercent * status.value("max_slowdown", 0.0));
  }
  for (const auto& step : status.value("steps", nlohmann::json::array())) {
    fmt::print("  {} {}: {}\n", format_local_time(step.value("time", 0.0)), step.value("to", ""),
               step.value("reason", ""));
  }
}

// The mode asked for, and with auto the one in use.
std::string mode_text(const nlohmann::json& status) {
  const std::string mode = status.value("mode", "");
  return mode == "auto" ? fmt::format("auto (now {})", status.value("method", "")) : mode;
}

}  // namespace

void print_status(const nlohmann::json& status) {
  fmt::print("process {} ({}, CPython {}): {}\n", status.value("pid", 0),
             printable(status.value("command", "")), status.value("python", ""),
             status.value("state", ""));
  fmt::print("  mode {}, {} frames, {} probes, traced for {:.0f} s\n", mode_text(status),
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
  if (status.contains("sampling")) {
    print_sampling(status.at("sampling"));
  }
  print_budget(status);
  if (!status.value("replaced_allocator", "").empty()) {
    fmt::print("  what {} allocates is not seen: numbers are no longer complete\n",
               printable(status.value("replaced_allocator", "")));
  }
  for (const auto& filter : status.value("filters", std::vector<std::string>())) {
    fmt::print("  filter {}\n", printable(filter));
  }
  if (const auto left_out = status.value("filtered_blocks", 0L); left_out != 0) {
    fmt::print("  filters left out {} blocks\n", left_out);
  }
  print_family(status);
  fmt::print("  lost events {}\n", status.value("lost", 0L));
  print_losses(status.at("losses"));
}

}  // namespace tmbpf
