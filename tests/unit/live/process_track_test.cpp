// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/process_track.h"

#include <gtest/gtest.h>

#include "tests/unit/live/imagined_shop.h"
#include "userspace/view/live/group_table.h"

namespace tmbpf::test {
namespace {

class ProcessTrackTest : public testing::Test {
 protected:
  void add(const ShopBlocks& blocks, double time) {
    track_.add(shop_.snapshot(blocks), ImaginedShop::totals(), time);
  }
  // "place size count (size_diff count_diff)" of each group.
  std::vector<std::string> rows(const ViewChoice& choice) {
    std::vector<std::string> texts;
    for (const StatisticDiff& row : track_.groups(choice).rows) {
      texts.push_back(group_place(row.key, track_.table()) + " " + std::to_string(row.size) + " " +
                      std::to_string(row.count) + " (" + std::to_string(row.size_diff) + " " +
                      std::to_string(row.count_diff) + ")");
    }
    return texts;
  }

  ImaginedShop shop_;
  ProcessTrack track_;
};

using Rows = std::vector<std::string>;

TEST_F(ProcessTrackTest, totals_are_those_of_the_snapshot) {
  EXPECT_TRUE(track_.empty());
  add({}, 100);
  EXPECT_EQ(track_.totals().traced_current, 6300U);
  EXPECT_EQ(track_.totals().live_blocks, 25U);
  EXPECT_EQ(track_.totals().traced_peak, 9000U);
}

TEST_F(ProcessTrackTest, groups_are_sorted_as_asked_for) {
  add({}, 100);
  EXPECT_EQ(rows({}), (Rows{"/srv/shop/cache.py:10 4000 4 (0 0)",
                            "/usr/lib/python3/json/decoder.py:353 2000 20 (0 0)",
                            "/srv/shop/log.py:5 300 1 (0 0)"}));
  EXPECT_EQ(rows({.sort = SortOrder::count}).front(),
            "/usr/lib/python3/json/decoder.py:353 2000 20 (0 0)");
  EXPECT_EQ(rows({.group_by = KeyType::filename, .cumulative = Cumulative::yes}).front(),
            "/srv/shop/main.py 11300 48 (0 0)");
  EXPECT_EQ(rows({.group_by = KeyType::filename, .cumulative = Cumulative::unique}).front(),
            "/srv/shop/main.py 6300 25 (0 0)");
}

TEST_F(ProcessTrackTest, the_refresh_before_and_the_baseline_are_compared_with) {
  add({.cached = 4, .parsed = 20}, 100);
  const ViewChoice previous{.sort = SortOrder::size_diff, .comparison = Comparison::previous};
  EXPECT_FALSE(track_.groups(previous).compared);
  track_.set_baseline();
  add({.cached = 8, .parsed = 20}, 101);
  add({.cached = 9, .parsed = 0}, 102);
  EXPECT_EQ(track_.groups(previous).compared_to, 101);
  EXPECT_EQ(rows(previous),
            (Rows{"/srv/shop/cache.py:10 9000 9 (1000 1)", "/srv/shop/log.py:5 300 1 (0 0)",
                  "/usr/lib/python3/json/decoder.py:353 0 0 (-2000 -20)"}));
  const ViewChoice baseline{.comparison = Comparison::baseline};
  EXPECT_EQ(track_.groups(baseline).compared_to, 100);
  EXPECT_EQ(track_.groups(baseline).total.size_diff, 3000);
  EXPECT_EQ(rows(baseline).front(), "/srv/shop/cache.py:10 9000 9 (5000 5)");
}

TEST_F(ProcessTrackTest, a_filter_holds_for_both_sides) {
  add({.cached = 4}, 100);
  add({.cached = 6}, 101);
  const LiveGroups groups =
      track_.groups({.comparison = Comparison::previous, .filter = "shop !log"});
  EXPECT_EQ(groups.rows.size(), 1U);
  EXPECT_EQ(groups.total.size, 6000U);
  EXPECT_EQ(groups.total.size_diff, 2000);
}

TEST_F(ProcessTrackTest, cumulative_filters_look_at_every_frame) {
  add({}, 100);
  EXPECT_TRUE(track_.groups({.filter = "main.py"}).rows.empty());
  EXPECT_EQ(track_.groups({.cumulative = Cumulative::yes, .filter = "main.py:8"}).total.count, 23U);
}

TEST_F(ProcessTrackTest, the_tracebacks_of_a_group_have_each_block_once) {
  add({.cached = 4}, 100);
  add({.cached = 8}, 101);
  const ViewChoice choice{.comparison = Comparison::previous};
  const GroupKey cache = track_.groups(choice).rows.front().key;
  const auto rows = track_.tracebacks(cache, choice).rows;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(group_place(rows[0].key, track_.table()), "cache.py:10 <- main.py:8 <- main.py:3");
  EXPECT_EQ(rows[0].count, 6U);
  EXPECT_EQ(rows[0].count_diff, 3);
  EXPECT_EQ(rows[1].count, 2U);
  const ViewChoice wide{.group_by = KeyType::filename, .cumulative = Cumulative::yes};
  const GroupKey main = track_.groups(wide).rows.front().key;
  std::uint64_t count = 0;
  for (const StatisticDiff& row : track_.tracebacks(main, wide).rows) {
    count += row.count;
  }
  EXPECT_EQ(count, 29U);
}

TEST_F(ProcessTrackTest, a_groups_error_is_no_sum_of_those_of_its_tracebacks) {
  track_.add(shop_.estimates({.cached = 8}), ImaginedShop::totals(), 100);
  const LiveGroups groups = track_.groups({});
  EXPECT_TRUE(groups.estimated);
  const StatisticDiff cache = groups.rows.front();
  const LiveGroups tracebacks = track_.tracebacks(cache.key, {});
  ASSERT_EQ(tracebacks.rows.size(), 2U);
  EXPECT_EQ(tracebacks.rows[0].count_error, 26U);  // 4.3 * 6
  EXPECT_EQ(tracebacks.rows[1].count_error, 9U);   // 4.3 * 2
  EXPECT_EQ(cache.count_error, 27U);               // not 35: other windows saw them
  EXPECT_EQ(tracebacks.total.count, 8U);
  EXPECT_EQ(tracebacks.total.count_error, cache.count_error);
  EXPECT_EQ(tracebacks.total.size_error, cache.size_error);
  EXPECT_EQ(track_.groups({.filter = "log"}).total.count_error, 5U);
}

TEST_F(ProcessTrackTest, another_table_is_another_program) {
  add({}, 100);
  track_.set_baseline();
  const ImaginedShop other;
  track_.add(other.snapshot(), ImaginedShop::totals(), 101);
  EXPECT_FALSE(track_.has_baseline());
  EXPECT_FALSE(track_.groups({.comparison = Comparison::previous}).compared);
}

}  // namespace
}  // namespace tmbpf::test
