// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/memory_history.h"

#include <gtest/gtest.h>

#include "userspace/view/human_text.h"

namespace tmbpf::test {
namespace {

MemoryHistory rising(int count) {
  MemoryHistory history;
  for (int i = 0; i < count; ++i) {
    history.add(1000 + i, 1000 + static_cast<std::uint64_t>(i) * 1000, 50000);
  }
  return history;
}

TEST(MemoryHistory, each_line_goes_from_the_least_to_the_greatest_value) {
  const auto lines = rising(8).lines(80, true);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "traced ▁▂▃▄▅▆▇█  1000 B .. 8000 B in 7 s");
  EXPECT_EQ(lines[1], "RSS    ▁▁▁▁▁▁▁▁  48.8 KiB");
}

TEST(MemoryHistory, a_terminal_without_utf8_gets_ascii) {
  EXPECT_EQ(rising(8).lines(80, false)[0], "traced _.:-=+*#  1000 B .. 8000 B in 7 s");
}

TEST(MemoryHistory, only_the_newest_that_fit_are_shown) {
  const auto lines = rising(600).lines(80, false);
  EXPECT_TRUE(lines[0].ends_with("in 36 s")) << lines[0];
  EXPECT_NE(lines[0].find(" .. 586 KiB"), std::string::npos) << lines[0];
  for (std::size_t width = 0; width < 120; ++width) {
    for (const std::string& line : rising(600).lines(width, true)) {
      EXPECT_LE(text_width(line), width);
    }
  }
}

TEST(MemoryHistory, what_is_not_known_is_not_there) {
  EXPECT_TRUE(MemoryHistory().lines(80, true).empty());
  MemoryHistory ended;
  ended.add(1, 100, 0);
  EXPECT_EQ(ended.lines(80, true).size(), 1U);
}

}  // namespace
}  // namespace tmbpf::test
