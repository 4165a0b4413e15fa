// SPDX-License-Identifier: Apache-2.0
// What a list of groups is sorted by.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "userspace/model/statistic_diff.h"

namespace tmbpf {

enum class SortOrder : std::uint8_t { tracemalloc, size, count, average, size_diff, count_diff };

// "size-diff" -> SortOrder::size_diff; nothing for an unknown word and for tracemalloc's order.
std::optional<SortOrder> parse_sort_order(std::string_view word);
// The reverse; "" for tracemalloc's.
std::string_view to_string(SortOrder order);

// Descending, differences with their sign; equal rows keep their order. SortOrder::tracemalloc
// leaves the rows as compare_to() and statistics() made them.
void sort_rows(std::vector<StatisticDiff>& rows, SortOrder order);

}  // namespace tmbpf
