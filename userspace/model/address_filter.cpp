// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/address_filter.h"

#include <algorithm>

namespace tmbpf {

Snapshot filter_by_address(const Snapshot& snapshot, std::uint64_t address) {
  Snapshot result = snapshot.without_traces();
  for (const Trace& trace : snapshot.traces()) {
    const std::uint64_t size = std::max<std::uint64_t>(trace.size, 1);
    if (trace.address != 0 && address - trace.address < size) {
      result.add_trace(trace);
    }
  }
  return result;
}

}  // namespace tmbpf
