// SPDX-License-Identifier: Apache-2.0
// What a tracer does not record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/model/filter.h"

namespace tmbpf {

// A block is recorded when filter_traces() with `filters` would keep its trace and it is not
// smaller than `min_size` bytes.
struct RecordingFilters {
  std::vector<TraceFilter> filters;
  std::uint64_t min_size = 0;

  [[nodiscard]] bool empty() const { return filters.empty() && min_size == 0; }
  // Adds to those that are there; the larger least size holds.
  void add(const RecordingFilters& more);
};

// One line for each, as the options that make them: "--exclude *.py:12", "--min-size 512".
std::vector<std::string> to_lines(const RecordingFilters& filters);

}  // namespace tmbpf
