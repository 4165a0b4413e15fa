// SPDX-License-Identifier: Apache-2.0
// How the live view groups and compares what a process holds.
#pragma once

#include <cstdint>
#include <string>

#include "userspace/model/grouping.h"
#include "userspace/model/sort_order.h"
#include "userspace/model/statistic.h"

namespace tmbpf {

enum class Comparison : std::uint8_t {
  none,
  previous,  // with the refresh before
  baseline,  // with what was there when somebody asked for it
};

struct ViewChoice {
  KeyType group_by = KeyType::lineno;
  Cumulative cumulative = Cumulative::no;  // KeyType::traceback: always so
  SortOrder sort = SortOrder::size;
  Comparison comparison = Comparison::none;
  std::string filter;  // see parse_filter_words(); of every frame when cumulative

  bool operator==(const ViewChoice&) const = default;
};

}  // namespace tmbpf
