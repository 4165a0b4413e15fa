// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/trace_status.h"

namespace tmbpf {

std::string_view to_string(TargetState state) {
  switch (state) {
    case TargetState::running:
      return "running";
    case TargetState::exited:
      return "ended";
    case TargetState::executed:
      break;
  }
  return "executed a new program";
}

std::uint64_t TraceStatus::lost() const {
  std::uint64_t sum = 0;
  for (const Loss& loss : losses) {
    sum += loss.count;
  }
  return sum;
}

}  // namespace tmbpf
