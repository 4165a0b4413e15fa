// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/capture_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>

#include "bpf/tmbpf.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr double kPercent = 100;

// "none" (infinite) or percent; a refusal, or nothing.
std::string parse_budget(const std::string& text, std::optional<double>& percent) {
  if (text == "none") {
    percent = std::numeric_limits<double>::infinity();
    return {};
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0.1 && value <= 100)) {
    return fmt::format("\"{}\" is no budget: none, or a percentage from 0.1 to 100", text);
  }
  percent = value;
  return {};
}

void refuse_misplaced(double percent, TraceMode mode) {
  const bool fixed = mode == TraceMode::exact || mode == TraceMode::live;
  if (fixed && std::isfinite(percent)) {
    throw Error(fmt::format("--max-slowdown {}: mode {} keeps no budget, it costs what it costs",
                            percent, to_string(mode)),
                "leave out --mode (auto keeps it), use --mode sampled, or --max-slowdown none",
                ExitStatus::usage);
  }
  if (mode == TraceMode::sampled && !std::isfinite(percent)) {
    throw Error("--max-slowdown none: mode sampled spends what it is given",
                "give it a percentage, or use --mode exact", ExitStatus::usage);
  }
}

}  // namespace

TraceOptions CaptureOptions::program_options() const {
  CaptureOptions exact = *this;
  if (!mode && !max_slowdown) {
    exact.mode = TraceMode::exact;
  }
  return exact.trace_options();
}

TraceOptions CaptureOptions::trace_options() const {
  TraceOptions options = trace;
  options.mode = mode.value_or(TraceMode::automatic);
  options.filters = filters.filters();
  if (options.bare) {
    options.mode = TraceMode::exact;
  }
  if (max_slowdown) {
    refuse_misplaced(*max_slowdown, options.mode);
    options.max_slowdown = *max_slowdown / kPercent;
  }
  return options;
}

void add_capture_options(CLI::App& app, CaptureOptions& options) {
  const std::string group = "Capture";
  app.add_option("--frames", options.trace.frames, "Frames kept of each Python stack")
      ->check(CLI::Range(1, static_cast<int>(TMBPF_MAX_FRAMES)))
      ->capture_default_str()
      ->group(group);
  app.add_option_function<std::string>(
         "--mode", [&options](const std::string& mode) { options.mode = mode_named(mode); },
         "How allocations are followed: exact; live (small blocks' frees are read from the heap "
         "instead of probed, which costs about two thirds); sampled (a few milliseconds now and "
         "then: estimates with their errors, at a cost that does not depend on the target); or "
         "auto, the most exact of these that keeps --max-slowdown. For -- PROGRAM without "
         "--max-slowdown exact")
      ->check(CLI::IsMember({"auto", "exact", "live", "sampled"}))
      ->default_str("auto")
      ->group(group);
  app.add_option(
         "--max-slowdown",
         [&options](const CLI::results_t& words) {
           const std::string refusal = parse_budget(words.front(), options.max_slowdown);
           if (!refusal.empty()) {
             throw CLI::ValidationError("--max-slowdown", refusal);
           }
           return true;
         },
         "By how many percent of its time the target may be slowed down: 10 for mode auto, 1 for "
         "sampled; none: no limit")
      ->type_name("PERCENT")
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
