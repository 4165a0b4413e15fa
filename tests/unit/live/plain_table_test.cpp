// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/plain_table.h"

#include <gtest/gtest.h>

#include "tests/unit/live/imagined_shop.h"
#include "userspace/view/human_text.h"

namespace tmbpf::test {
namespace {

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + '\n';
  }
  return text;
}

TEST(PlainTable, totals_stand_above_the_top) {
  const ImaginedShop shop;
  ProcessTrack track;
  track.add(shop.snapshot(), ImaginedShop::totals(), 1000);
  EXPECT_EQ(text_of(plain_table(track, {}, {.limit = 2}, 100, {})),
            "pid 42: python3 (CPython 3.11.2)\n"
            "tracing for 12 s | mode exact | 10 frames\n"
            "traced 6300 B in 25 blocks | peak 9000 B | process RSS 84.9 MiB\n"
            "tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %\n"
            "\n" +
                format_local_time(1000) +
                ": Top 2 allocations per line\n"
                "#1: /srv/shop/cache.py:10: size=4000 B, count=4, average=1000 B\n"
                "#2: .../python3/json/decoder.py:353: size=2000 B, count=20, average=100 B\n"
                "1 more: size=300 B, count=1\n"
                "Total Python memory: size=6300 B, count=25\n"
                "Total process memory: 84.9 MiB\n");
}

TEST(PlainTable, differences_are_those_to_the_table_before) {
  const ImaginedShop shop;
  ProcessTrack track;
  track.add(shop.snapshot(), ImaginedShop::totals(), 1000);
  track.add(shop.snapshot({.cached = 8}), ImaginedShop::totals(), 1001);
  const auto lines = plain_table(track, {.comparison = Comparison::previous}, {}, 100, {});
  EXPECT_EQ(lines[5], format_local_time(1001) + ": Top 3 allocations per line (compared to " +
                          format_local_time(1000) + ")");
  EXPECT_EQ(lines[6],
            "#1: /srv/shop/cache.py:10: size=8000 B (+4000 B), count=8 (+4), average=1000 B");
  EXPECT_EQ(lines[9], "Total Python memory: size=10.1 KiB (+4000 B), count=29 (+4)");
}

TEST(PlainTable, estimates_have_their_errors) {
  const ImaginedShop shop;
  ProcessTrack track;
  track.add(shop.estimates(), ImaginedShop::totals(), 1000);
  EXPECT_EQ(text_of(plain_table(track, {}, {.limit = 1}, 100, {})),
            "pid 42: python3 (CPython 3.11.2)\n"
            "tracing for 12 s | mode exact | 10 frames | estimates, +- at 95 % confidence\n"
            "traced 6300 B +-10181 B in 25 +-86 blocks | peak 9000 B | process RSS 84.9 MiB\n"
            "tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %\n"
            "\n" +
                format_local_time(1000) +
                ": Top 1 allocations per line (estimates, +- at 95 % confidence)\n"
                "#1: /srv/shop/cache.py:10: size=4000 B +-13.1 KiB, count=4 +-14, average=1000 B\n"
                "2 more: size=2300 B, count=21, average=110 B\n"
                "Total Python memory: size=6300 B +-10181 B, count=25 +-86\n"
                "Total process memory: 84.9 MiB\n");
}

TEST(PlainTable, what_two_tables_share_of_their_error_cancels_out) {
  const ImaginedShop shop;
  ProcessTrack track;
  track.add(shop.estimates(), ImaginedShop::totals(), 1000);
  track.add(shop.estimates({.logged = 3}), ImaginedShop::totals(), 1001);
  const auto lines = plain_table(track, {.comparison = Comparison::previous}, {}, 100, {});
  EXPECT_EQ(lines[6],
            "#1: /srv/shop/cache.py:10: size=4000 B +-13.1 KiB (+0 B), count=4 +-14 (+0), "
            "average=1000 B");
  EXPECT_EQ(lines[8],
            "#3: /srv/shop/log.py:5: size=900 B +-3871 B (+600 B +-2581 B), count=3 +-13 (+2 +-9), "
            "average=300 B");
}

}  // namespace
}  // namespace tmbpf::test
