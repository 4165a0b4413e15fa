// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/trace_options.h"

#include <limits>

namespace tmbpf {

std::string_view to_string(TraceMode mode) {
  switch (mode) {
    case TraceMode::live:
      return "live";
    case TraceMode::sampled:
      return "sampled";
    case TraceMode::automatic:
      return "auto";
    case TraceMode::exact:
      break;
  }
  return "exact";
}

std::optional<TraceMode> mode_named(std::string_view name) {
  for (const TraceMode mode :
       {TraceMode::exact, TraceMode::live, TraceMode::sampled, TraceMode::automatic}) {
    if (name == to_string(mode)) {
      return mode;
    }
  }
  return std::nullopt;
}

double budget_of(const TraceOptions& options) {
  constexpr double kSampled = 0.01;
  constexpr double kAuto = 0.1;
  switch (options.mode) {
    case TraceMode::sampled:
      return options.max_slowdown.value_or(kSampled);
    case TraceMode::automatic:
      return options.max_slowdown.value_or(kAuto);
    case TraceMode::exact:
    case TraceMode::live:
      break;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace tmbpf
