// SPDX-License-Identifier: Apache-2.0
// Mode auto went over to another way of following allocations.
#pragma once

#include <string>

#include "userspace/trace/trace_options.h"

namespace tmbpf {

struct ModeStep {
  double time = 0;  // Unix seconds
  TraceMode from = TraceMode::automatic;
  TraceMode to = TraceMode::exact;
  std::string reason;
};

}  // namespace tmbpf
