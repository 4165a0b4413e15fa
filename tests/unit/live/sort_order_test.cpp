// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/sort_order.h"

#include <gtest/gtest.h>

namespace tmbpf::test {
namespace {

// The counts, which tell the rows apart, in the order that the rows have.
std::vector<std::uint64_t> sorted(SortOrder order) {
  std::vector<StatisticDiff> rows{
      {.size = 10, .count = 5, .size_diff = -9, .count_diff = 0},
      {.size = 30, .count = 1, .size_diff = 4, .count_diff = -1},
      {.size = 30, .count = 2, .size_diff = 0, .count_diff = 2},
      {.size = 0, .count = 0, .size_diff = 5, .count_diff = -7},
  };
  sort_rows(rows, order);
  std::vector<std::uint64_t> counts;
  for (const StatisticDiff& row : rows) {
    counts.push_back(row.count);
  }
  return counts;
}

using Counts = std::vector<std::uint64_t>;

TEST(SortOrder, rows_descend_and_equal_ones_keep_their_order) {
  EXPECT_EQ(sorted(SortOrder::tracemalloc), (Counts{5, 1, 2, 0}));
  EXPECT_EQ(sorted(SortOrder::size), (Counts{1, 2, 5, 0}));
  EXPECT_EQ(sorted(SortOrder::count), (Counts{5, 2, 1, 0}));
  EXPECT_EQ(sorted(SortOrder::average), (Counts{1, 2, 5, 0}));
}

TEST(SortOrder, differences_count_with_their_sign) {
  EXPECT_EQ(sorted(SortOrder::size_diff), (Counts{0, 1, 2, 5}));
  EXPECT_EQ(sorted(SortOrder::count_diff), (Counts{2, 5, 1, 0}));
}

TEST(SortOrder, words_and_orders_belong_together) {
  for (const auto order : {SortOrder::size, SortOrder::count, SortOrder::average,
                           SortOrder::size_diff, SortOrder::count_diff}) {
    EXPECT_EQ(parse_sort_order(to_string(order)), order);
  }
  EXPECT_FALSE(parse_sort_order("").has_value());
  EXPECT_FALSE(parse_sort_order("Size").has_value());
}

}  // namespace
}  // namespace tmbpf::test
