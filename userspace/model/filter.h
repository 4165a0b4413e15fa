// SPDX-License-Identifier: Apache-2.0
// Which traces a view shows: tracemalloc.Filter, DomainFilter and Snapshot.filter_traces()
// (Lib/tracemalloc.py, 3.9 to 3.14).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "userspace/model/snapshot.h"

namespace tmbpf {

// Matches a frame when its file name fits the pattern (see FilePattern) and, if given, its line is
// the one. A trailing ".pyc" means ".py", in pattern and name. Only the most recent frame is looked
// at, or with all_frames each: one that matches is enough.
struct Filter {
  bool inclusive = true;  // keeps what matches; else what does not
  std::string filename_pattern = "*";
  std::optional<std::uint32_t> lineno;
  bool all_frames = false;
  // Inclusive: the domain must be this one, too. Exclusive: only this domain's traces can go.
  std::optional<std::uint32_t> domain;
};

struct DomainFilter {
  bool inclusive = true;
  std::uint32_t domain = 0;
};

using TraceFilter = std::variant<Filter, DomainFilter>;

// Traces that one of the inclusive filters keeps, or all when there is none, and that every
// exclusive filter keeps; in their order, on the same table. The limit of frames and, unlike in
// tracemalloc, the metadata stay: they tell where the traces come from.
Snapshot filter_traces(const Snapshot& snapshot, std::span<const TraceFilter> filters);

// The pattern as it is matched, which tracemalloc gives as Filter.filename_pattern.
std::string normalized_filename(std::string filename);

}  // namespace tmbpf
