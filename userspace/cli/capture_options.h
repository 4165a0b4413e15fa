// SPDX-License-Identifier: Apache-2.0
// The options that every tracing command shares, as the user wrote them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "userspace/cli/recording_arguments.h"
#include "userspace/trace/trace_options.h"

namespace tmbpf {

struct CaptureOptions {
  TraceOptions trace;
  std::optional<TraceMode> mode;       // nothing: none was named
  std::optional<double> max_slowdown;  // percent, or infinite; nothing: none was named
  RecordingArguments filters;

  // `trace` with what the user wrote of filters, mode and budget. Throws Error (usage). For a
  // process that runs anyway: who named no mode wants it to go on as it did.
  [[nodiscard]] TraceOptions trace_options() const;
  // For a program that is run to be traced: who named neither a mode nor a budget wants to know
  // all.
  [[nodiscard]] TraceOptions program_options() const;
};

// Adds --frames, --mode, --max-slowdown, --max-traces, --follow, --no-freelists and filters; values
// that are not possible are refused with the list of those that are. `options` must outlive the
// parsing.
void add_capture_options(CLI::App& app, CaptureOptions& options);

}  // namespace tmbpf
