// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/capture_options.h"

#include <fmt/format.h>

#include <string>

#include "bpf/tmbpf.h"

namespace tmbpf {
namespace {

std::string only(const std::string& value, const char* allowed, const char* why) {
  return value == allowed
             ? std::string()
             : fmt::format("\"{}\" is not possible: {} (known: {})", value, why, allowed);
}

}  // namespace

TraceOptions CaptureOptions::trace_options() const {
  TraceOptions options = trace;
  options.filters = filters.filters();
  return options;
}

void add_capture_options(CLI::App& app, CaptureOptions& options) {
  const std::string group = "Capture";
  app.add_option("--frames", options.trace.frames, "Frames kept of each Python stack")
      ->check(CLI::Range(1, static_cast<int>(TMBPF_MAX_FRAMES)))
      ->capture_default_str()
      ->group(group);
  app.add_option_function<std::string>(
         "--mode",
         [&options](const std::string& mode) {
           options.trace.mode = mode == "live"      ? TraceMode::live
                                : mode == "sampled" ? TraceMode::sampled
                                                    : TraceMode::exact;
         },
         "How allocations are followed: exact, or live (small blocks' frees are read from the heap "
         "instead of probed, which costs about half)")
      ->check(CLI::IsMember({"exact", "live", "sampled"}))
      ->default_str("exact")
      ->group(group);
  app.add_option("--max-slowdown", options.max_slowdown,
                 "How much the target may be slowed down: none (no limit)")
      ->check(
          [](const std::string& budget) {
            return only(budget, "none",
                        "this version keeps no budget; exact mode costs what it costs");
          },
          "{none}")
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-traces", options.trace.max_traces, "Live blocks kept at most")
      ->check(CLI::Range(1, 1 << 28))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--follow", options.trace.follow, "Trace what it forks and executes, too")
      ->group(group);
  app.add_flag_callback(
         "--no-freelists", [&options] { options.trace.freelists = false; },
         "Leave blocks that come from free lists with the line that allocated them")
      ->group(group);
  options.filters.add_to(app);
  // For scripts/bench: the floor that the programs' cost is measured against.
  app.add_flag("--bare-probes", options.trace.bare)->group("");
}

}  // namespace tmbpf
