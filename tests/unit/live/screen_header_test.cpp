// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/screen_header.h"

#include <gtest/gtest.h>

#include "tests/unit/live/imagined_shop.h"

namespace tmbpf::test {
namespace {

class ScreenHeaderTest : public testing::Test {
 protected:
  ScreenHeaderTest() {
    history_.add(1, 100, 1000);
    totals_.traced_current = 1000;
  }
  [[nodiscard]] ScreenLines header(std::size_t width, std::size_t height) const {
    return screen_header(
        {.totals = totals_, .history = &history_, .width = width, .screen_height = height});
  }

  MemoryHistory history_;
  TableTotals totals_ = ImaginedShop::totals();
};

TEST_F(ScreenHeaderTest, totals_are_wrapped_where_the_width_asks_for_it) {
  EXPECT_EQ(text_of(header(100, 30)),
            "pid 42: python3 (CPython 3.11.2)\n"
            "tracing for 12 s | mode exact | 10 frames\n"
            "traced 1000 B in 0 blocks | peak 9000 B | process RSS 84.9 MiB\n"
            "tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %\n"
            "traced ▁  100 B in 0 s\n"
            "RSS    ▁  1000 B\n");
  EXPECT_EQ(header(50, 40)[3].text, "process RSS 84.9 MiB");
}

TEST_F(ScreenHeaderTest, it_leaves_half_of_the_screen_and_says_what_is_missing) {
  totals_.lost = 7;
  totals_.notes.assign(20, "something");
  const ScreenLines lines = header(100, 24);
  EXPECT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines.back().text, "... 15 more lines: i");
  EXPECT_EQ(lines[4].text, "warning: 7 events lost, the numbers are incomplete");
  EXPECT_EQ(lines[4].style, LineStyle::warning);
}

TEST_F(ScreenHeaderTest, a_small_screen_has_two_lines) {
  totals_.lost = 7;
  EXPECT_EQ(text_of(header(80, 10)),
            "pid 42: python3 (CPython 3.11.2)\ntracing, 1000 B, lost 7 in 0, RSS 84.9 MiB\n");
}

TEST_F(ScreenHeaderTest, of_several_processes_it_says_which_it_is) {
  const ScreenLines lines =
      screen_header({.totals = totals_, .index = 1, .processes = 3, .screen_height = 10});
  EXPECT_EQ(lines[0].text, "process 2 of 3: pid 42: python3 (CPython 3.11.2)");
}

TEST_F(ScreenHeaderTest, made_up_names_are_made_safe) {
  totals_.command = "python3 \x1b]0;owned\x07";
  totals_.notes = {"odd \x1b[2J file"};
  for (const std::size_t height : {10, 40}) {
    EXPECT_EQ(text_of(header(80, height)).find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace tmbpf::test
