// SPDX-License-Identifier: Apache-2.0
// The options that every tracing command shares, as the user wrote them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "userspace/cli/recording_arguments.h"
#include "userspace/trace/trace_options.h"

namespace tmbpf {

struct CaptureOptions {
  TraceOptions trace{.mode = TraceMode::automatic};
  std::optional<double> max_slowdown;  // percent, or infinite; nothing: none was named
  RecordingArguments filters;

  // `trace` with what the user wrote of filters and of the budget. Throws Error (usage).
  [[nodiscard]] TraceOptions trace_options() const;
};

// Adds --frames, --mode, --max-slowdown, --max-traces, --follow, --no-freelists and filters; values
// that are not possible are refused with the list of those that are. `options` must outlive the
// parsing.
void add_capture_options(CLI::App& app, CaptureOptions& options);

}  // namespace tmbpf
