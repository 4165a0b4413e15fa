// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "userspace/view/human_text.h"

namespace tmbpf::test {
namespace {

TEST(HumanText, GroupsTheDigitsOfACount) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(123456), "123,456");
  EXPECT_EQ(format_count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(HumanText, ShowsTheTwoLargestUnitsOfADuration) {
  EXPECT_EQ(format_duration(-1), "0 s");
  EXPECT_EQ(format_duration(59.9), "59 s");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(3605), "1 h 00 min");
}

TEST(HumanText, NeverRoundsAPercentageUpToAll) {
  EXPECT_EQ(format_percent(1, 2), "100.00 %");
  EXPECT_EQ(format_percent(0.999999, 2), "99.99 %");
  EXPECT_EQ(format_percent(0.9998, 2), "99.98 %");
  EXPECT_EQ(format_percent(0, 1), "0.0 %");
}

TEST(HumanText, MakesHostileNamesHarmless) {
  EXPECT_EQ(printable("\x1b[2Jx\n\x7f"), "\\x1b[2Jx\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("bad\xed\xb3\xbf.py"), "bad\\udcff.py");
  EXPECT_EQ(printable("\xff\xe6"), "??");
  EXPECT_EQ(printable("caf\xc3\xa9 \xf0\x9f\x90\x8d"), "caf\xc3\xa9 \xf0\x9f\x90\x8d");
}

TEST(HumanText, ShortensFromTheRightByCodePoints) {
  EXPECT_EQ(shorten_right("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten_right("abcdefg", 6), "abc...");
  EXPECT_EQ(shorten_right("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4), "\xc3\xa9...");
  EXPECT_EQ(shorten_right("abcdef", 2), "..");
  EXPECT_EQ(shorten_right("abcdef", 0), "");
}

TEST(HumanText, ShortensPathsFromTheLeftAtASlash) {
  EXPECT_EQ(shorten_path("/usr/lib/json/decoder.py:42", 27), "/usr/lib/json/decoder.py:42");
  EXPECT_EQ(shorten_path("/usr/lib/json/decoder.py:42", 24), ".../json/decoder.py:42");
  EXPECT_EQ(shorten_path("/usr/lib/json/decoder.py:42", 17), ".../decoder.py:42");
  EXPECT_EQ(shorten_path("/usr/lib/json/decoder.py:42", 10), "...r.py:42");
  EXPECT_EQ(shorten_path("/srv/x", 2), "..");
}

TEST(HumanText, ShortensFromTheLeftByCodePoints) {
  EXPECT_EQ(shorten_left("abcdefg", 6), "...efg");
  EXPECT_EQ(shorten_left("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4), "...\xc3\xa9");
  EXPECT_EQ(shorten_left("abcdef", 1), ".");
}

TEST(HumanText, PadsByCodePoints) {
  EXPECT_EQ(pad_left("\xc3\xa9", 3), "  \xc3\xa9");
  EXPECT_EQ(pad_right("\xc3\xa9", 3), "\xc3\xa9  ");
  EXPECT_EQ(pad_left("abcd", 3), "abcd");
}

}  // namespace
}  // namespace tmbpf::test
