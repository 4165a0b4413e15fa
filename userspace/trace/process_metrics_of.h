// SPDX-License-Identifier: Apache-2.0
// Reads what /proc and the interpreter's memory say about a target.
#pragma once

#include <optional>

#include "symbols/python_target.h"
#include "userspace/model/coverage.h"
#include "userspace/model/process_metrics.h"

namespace tmbpf {

// Of a target that runs; all but tracer_memory. `heap`: if it was read just now.
ProcessMetrics process_metrics_of(const PythonTarget& target, const std::optional<HeapUse>& heap);

}  // namespace tmbpf
