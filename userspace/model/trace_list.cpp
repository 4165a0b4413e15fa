// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/trace_list.h"

namespace tmbpf {
namespace {

// To a column that begins with the first value that is not 0.
template <typename Value>
void append(ChunkedVector<Value>& column, Value value, std::size_t rows) {
  while (value != 0 && column.size() < rows) {
    column.push_back(0);
  }
  if (value != 0 || !column.empty()) {
    column.push_back(value);
  }
}

}  // namespace

void TraceList::push_back(const Trace& trace) {
  append(times_, trace.time, rows_.size());
  append(addresses_, trace.address, rows_.size());
  append(replicates_, trace.replicates, rows_.size());
  rows_.push_back({.domain = trace.domain,
                   .traceback = trace.traceback,
                   .size = trace.size,
                   .weight = trace.weight});
}

}  // namespace tmbpf
