// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/group_table.h"

#include <gtest/gtest.h>

#include "tests/unit/live/imagined_shop.h"
#include "userspace/view/human_text.h"
#include "userspace/view/live/process_track.h"

namespace tmbpf::test {
namespace {

class GroupTableTest : public testing::Test {
 protected:
  std::vector<std::string> table(const ViewChoice& choice, std::size_t width,
                                 std::size_t first = 0) {
    const LiveGroups groups = track_.groups(choice);
    return group_table({.groups = groups,
                        .table = track_.table(),
                        .whole = 6300,
                        .first = first,
                        .height = 10,
                        .width = width});
  }

  ImaginedShop shop_;
  ProcessTrack track_;
};

TEST_F(GroupTableTest, numbers_stand_before_the_place) {
  track_.add(shop_.snapshot(), ImaginedShop::totals(), 1);
  const auto lines = table({}, 96);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0],
            "  #      Size   Share   Count   Average  Location                             "
            "         Function");
  EXPECT_EQ(lines[1],
            "  1    4000 B  63.5 %       4    1000 B  /srv/shop/cache.py:10                "
            "         Cache.put");
  EXPECT_EQ(table({}, 96, 2)[1].substr(0, 13), "  3     300 B");
}

TEST_F(GroupTableTest, a_comparison_has_columns_of_differences) {
  track_.add(shop_.snapshot(), ImaginedShop::totals(), 1);
  track_.add(shop_.snapshot({.cached = 5, .parsed = 10}), ImaginedShop::totals(), 2);
  const auto lines = table({.comparison = Comparison::previous}, 100);
  EXPECT_TRUE(lines[0].starts_with("  #      Size      Diff   Share   Count   Diff   Average"));
  EXPECT_TRUE(
      lines[1].starts_with("  1    5000 B   +1000 B  79.4 %       5     +1    1000 B  /srv"));
  EXPECT_TRUE(lines[2].starts_with("  2    1000 B   -1000 B  15.9 %      10    -10     100 B  "));
}

TEST_F(GroupTableTest, estimates_have_columns_of_errors) {
  track_.add(shop_.estimates(), ImaginedShop::totals(), 1);
  const auto lines = table({}, 100);
  EXPECT_TRUE(lines[0].starts_with("  #      Size        +-   Share   Count    +-   Average  Loc"))
      << lines[0];
  EXPECT_TRUE(lines[1].starts_with("  1    4000 B  13.1 KiB  63.5 %       4    14    1000 B  /srv"))
      << lines[1];
  track_.add(shop_.estimates({.logged = 3}), ImaginedShop::totals(), 2);
  const ViewChoice compared{.sort = SortOrder::size_diff, .comparison = Comparison::previous};
  const auto differences = table(compared, 120);
  EXPECT_TRUE(differences[0].starts_with(
      "  #      Size        +-      Diff        +-   Share   Count    +-   Diff   Average  Loc"))
      << differences[0];
  EXPECT_TRUE(differences[1].starts_with(
      "  1     900 B    3871 B    +600 B    2581 B  14.3 %       3    13     +2     300 B  /srv"))
      << differences[1];
  EXPECT_TRUE(table(compared, 60)[1].starts_with("   900 B    3871 B    +600 B    2581 B  /srv"))
      << table(compared, 60)[1];
  for (std::size_t width = 0; width < 130; ++width) {
    for (const std::string& line : table(compared, width)) {
      EXPECT_LE(text_width(line), width) << line;
    }
  }
}

TEST_F(GroupTableTest, columns_go_when_there_is_no_room) {
  track_.add(shop_.snapshot(), ImaginedShop::totals(), 1);
  EXPECT_EQ(table({}, 40)[1], "  4000 B       4  /srv/shop/cache.py:10");
  for (const auto comparison : {Comparison::none, Comparison::previous}) {
    for (std::size_t width = 0; width < 130; ++width) {
      for (const std::string& line : table({.comparison = comparison}, width)) {
        EXPECT_LE(text_width(line), width) << line;
      }
    }
  }
}

TEST_F(GroupTableTest, each_kind_of_group_has_its_place) {
  track_.add(shop_.snapshot(), ImaginedShop::totals(), 1);
  EXPECT_NE(table({.group_by = KeyType::filename}, 90)[1].find(" /srv/shop/cache.py"),
            std::string::npos);
  EXPECT_TRUE(table({.group_by = KeyType::function}, 90)[1].ends_with("Cache.put"));
  EXPECT_TRUE(table({.group_by = KeyType::traceback}, 100)[1].ends_with(
      "cache.py:10 <- main.py:8 <- main.py:3"));
}

TEST_F(GroupTableTest, names_that_a_target_made_up_are_made_safe) {
  Snapshot hostile;
  const FrameId frame =
      hostile.add_frame(hostile.add_string("\x1b[31m.py"), 1, hostile.add_string("f\ng"));
  hostile.add_trace({.traceback = hostile.add_traceback({&frame, 1}, 1), .size = 10});
  track_.add(std::move(hostile), ImaginedShop::totals(), 1);
  const std::string line = table({}, 100)[1];
  EXPECT_NE(line.find("\\x1b[31m.py:1"), std::string::npos);
  EXPECT_NE(line.find("f\\x0ag"), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace tmbpf::test
