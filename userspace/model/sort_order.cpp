// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/sort_order.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::array<std::pair<std::string_view, SortOrder>, 5> kWords{
    {{"size", SortOrder::size},
     {"count", SortOrder::count},
     {"average", SortOrder::average},
     {"size-diff", SortOrder::size_diff},
     {"count-diff", SortOrder::count_diff}}};

long double value_of(const StatisticDiff& row, SortOrder order) {
  switch (order) {
    case SortOrder::size:
      return static_cast<long double>(row.size);
    case SortOrder::count:
      return static_cast<long double>(row.count);
    case SortOrder::average:
      return row.count == 0
                 ? 0.0L
                 : static_cast<long double>(row.size) / static_cast<long double>(row.count);
    case SortOrder::size_diff:
      return static_cast<long double>(row.size_diff);
    case SortOrder::count_diff:
      return static_cast<long double>(row.count_diff);
    case SortOrder::tracemalloc:
      break;
  }
  return 0;
}

}  // namespace

std::optional<SortOrder> parse_sort_order(std::string_view word) {
  for (const auto& [known, order] : kWords) {
    if (known == word) {
      return order;
    }
  }
  return std::nullopt;
}

std::string_view to_string(SortOrder order) {
  for (const auto& [word, known] : kWords) {
    if (known == order) {
      return word;
    }
  }
  return {};
}

void sort_rows(std::vector<StatisticDiff>& rows, SortOrder order) {
  if (order != SortOrder::tracemalloc) {
    std::ranges::stable_sort(rows, std::ranges::greater(),
                             [order](const StatisticDiff& row) { return value_of(row, order); });
  }
}

}  // namespace tmbpf
