// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "userspace/model/filter_text.h"

namespace tmbpf::test {
namespace {

Filter filter_of(const TraceFilter& filter) { return std::get<Filter>(filter); }

TEST(FilterWords, a_pattern_may_end_with_a_line) {
  const Filter filter = parse_filter("*/app.py:12", true);
  EXPECT_EQ(filter.filename_pattern, "*/app.py");
  EXPECT_EQ(filter.lineno, 12U);
  EXPECT_TRUE(filter.inclusive);
  EXPECT_EQ(parse_filter("app.py:12a", false).filename_pattern, "app.py:12a");
  EXPECT_FALSE(parse_filter("app.py:", false).lineno.has_value());
}

TEST(FilterWords, each_word_is_a_filter_and_an_exclamation_mark_excludes) {
  const auto filters = parse_filter_words("  *.py !*/json/* ", false);
  ASSERT_EQ(filters.size(), 2U);
  EXPECT_EQ(filter_of(filters[0]).filename_pattern, "*.py");
  EXPECT_TRUE(filter_of(filters[0]).inclusive);
  EXPECT_EQ(filter_of(filters[1]).filename_pattern, "*/json/*");
  EXPECT_FALSE(filter_of(filters[1]).inclusive);
}

TEST(FilterWords, a_word_that_is_no_pattern_may_stand_anywhere_in_a_name) {
  const auto filters = parse_filter_words("shop cache.py:10 [ab]", true);
  ASSERT_EQ(filters.size(), 3U);
  EXPECT_EQ(filter_of(filters[0]).filename_pattern, "*shop*");
  EXPECT_EQ(filter_of(filters[1]).filename_pattern, "*cache.py*");
  EXPECT_EQ(filter_of(filters[1]).lineno, 10U);
  EXPECT_EQ(filter_of(filters[2]).filename_pattern, "[ab]");
  EXPECT_TRUE(filter_of(filters[0]).all_frames);
}

TEST(FilterWords, what_is_not_typed_yet_filters_nothing) {
  EXPECT_TRUE(parse_filter_words("", false).empty());
  EXPECT_TRUE(parse_filter_words("  ! ", false).empty());
}

}  // namespace
}  // namespace tmbpf::test
