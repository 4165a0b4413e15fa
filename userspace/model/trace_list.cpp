// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/trace_list.h"

namespace tmbpf {

void TraceList::push_back(const Trace& trace) {
  if (trace.time != 0 && times_.empty()) {
    times_.resize(rows_.size(), 0);
  }
  if (trace.time != 0 || !times_.empty()) {
    times_.push_back(trace.time);
  }
  rows_.push_back({.domain = trace.domain,
                   .traceback = trace.traceback,
                   .size = trace.size,
                   .weight = trace.weight});
}

}  // namespace tmbpf
