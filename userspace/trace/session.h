// SPDX-License-Identifier: Apache-2.0
// A background session: one small process that holds the tracers of a target and, with
// TraceOptions::follow, of whom it follows, and answers commands. Each process has a control socket
// of its own, named by its pid; stopping the target's ends the whole session.
#pragma once

#include "symbols/python_target.h"
#include "userspace/trace/trace_options.h"

namespace tmbpf {

// Starts the session's process and returns when its probes are attached and its control socket
// answers. Throws what went wrong there.
void start_session(PythonTarget target, const TraceOptions& options);

}  // namespace tmbpf
