// SPDX-License-Identifier: Apache-2.0
// A background session: one small process that holds a tracer and answers commands.
#pragma once

#include <nlohmann/json.hpp>

#include "symbols/python_target.h"
#include "userspace/trace/trace_options.h"
#include "userspace/trace/tracer.h"

namespace tmbpf {

// Starts the session's process and returns when its probes are attached and its control socket
// answers. Throws what went wrong there.
void start_session(PythonTarget target, const TraceOptions& options);

// The status of a tracer as `status --json` prints it: integers in bytes, blocks and events;
// "coverage" a number 0..1, or null when the target is gone.
nlohmann::json status_json(Tracer& tracer);

}  // namespace tmbpf
