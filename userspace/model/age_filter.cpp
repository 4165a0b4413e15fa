// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/age_filter.h"

#include <algorithm>

namespace tmbpf {

bool has_times(const Snapshot& snapshot) {
  return std::any_of(snapshot.traces().begin(), snapshot.traces().end(),
                     [](const Trace& trace) { return trace.time != 0; });
}

Snapshot filter_by_age(const Snapshot& snapshot, double now, std::optional<double> older,
                       std::optional<double> newer) {
  constexpr double kSecond = 1e9;  // nanoseconds
  Snapshot result = snapshot.without_traces();
  for (const Trace& trace : snapshot.traces()) {
    const double age = now - static_cast<double>(trace.time) / kSecond;
    if (trace.time != 0 && (!older || age >= *older) && (!newer || age <= *newer)) {
      result.add_trace(trace);
    }
  }
  return result;
}

}  // namespace tmbpf
