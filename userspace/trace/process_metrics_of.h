// SPDX-License-Identifier: Apache-2.0
// Reads what /proc and the interpreter's memory say about a target.
#pragma once

#include "symbols/python_target.h"
#include "userspace/model/process_metrics.h"

namespace tmbpf {

// Of a target that runs; all but tracer_memory. `with_heap`: it does not finalize; costs a reading
// of its small blocks, about 1 s per GiB.
ProcessMetrics process_metrics_of(const PythonTarget& target, bool with_heap);

}  // namespace tmbpf
