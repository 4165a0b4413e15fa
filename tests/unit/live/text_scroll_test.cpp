// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/text_scroll.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/live/imagined_shop.h"

namespace tmbpf::test {
namespace {

ScreenLines numbered(int count) {
  ScreenLines lines;
  for (int i = 1; i <= count; ++i) {
    lines.push_back({std::to_string(i)});
  }
  return lines;
}

TEST(TextScroll, a_text_that_fits_stays_where_it_is) {
  TextScroll scroll;
  scroll.press(Key::end);
  EXPECT_EQ(text_of(scroll.window(numbered(3), 3)), "1\n2\n3\n");
  EXPECT_TRUE(scroll.window(numbered(3), 0).empty());
}

TEST(TextScroll, the_last_line_says_what_is_below) {
  TextScroll scroll;
  EXPECT_EQ(text_of(scroll.window(numbered(9), 4)), "1\n2\n3\n... 6 more lines\n");
  scroll.press(Key::down);
  EXPECT_EQ(text_of(scroll.window(numbered(9), 4)), "2\n3\n4\n... 5 more lines\n");
  scroll.press(Key::page_down);
  EXPECT_EQ(text_of(scroll.window(numbered(9), 4)), "4\n5\n6\n... 3 more lines\n");
  scroll.press(Key::end);
  EXPECT_EQ(text_of(scroll.window(numbered(9), 4)), "6\n7\n8\n9\n");
  scroll.press(Key::home);
  EXPECT_EQ(text_of(scroll.window(numbered(9), 1)), "1\n");
}

}  // namespace
}  // namespace tmbpf::test
