// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/record_schedule.h"

#include <gtest/gtest.h>

namespace tmbpf::test {
namespace {

using std::chrono::seconds;

constexpr RecordSchedule::Time kBegin{seconds(1000)};

RecordSchedule::Time at(double second) {
  return kBegin + std::chrono::duration_cast<RecordSchedule::Time::duration>(
                      std::chrono::duration<double>(second));
}

RecordSchedule schedule(const RecordRule& rule, std::uint64_t traced = 0) {
  return {rule, kBegin, traced};
}

TEST(RecordSchedule, an_interval_is_due_when_it_is_over) {
  const RecordSchedule every = schedule({.interval = seconds(5), .threshold = {}});
  EXPECT_FALSE(every.due(at(4.9), 1'000'000));
  EXPECT_TRUE(every.due(at(5), 0));
  EXPECT_EQ(every.next(), at(5));
}

TEST(RecordSchedule, a_late_snapshot_does_not_shift_the_beat) {
  RecordSchedule every = schedule({.interval = seconds(5), .threshold = {}});
  every.taken(at(5.2), 0);
  EXPECT_EQ(every.next(), at(10));
}

TEST(RecordSchedule, beats_that_are_over_are_left_out) {
  RecordSchedule every = schedule({.interval = seconds(5), .threshold = {}});
  every.taken(at(21), 0);
  EXPECT_FALSE(every.due(at(24), 0));
  EXPECT_EQ(every.next(), at(25));
}

TEST(RecordSchedule, a_threshold_is_due_when_memory_has_grown_by_it_since_the_last) {
  RecordSchedule grown = schedule({.interval = {}, .threshold = 100}, 50);
  EXPECT_FALSE(grown.due(at(1'000'000), 149));
  EXPECT_TRUE(grown.due(at(0), 150));
  grown.taken(at(1), 170);
  EXPECT_FALSE(grown.due(at(2), 269));
  EXPECT_TRUE(grown.due(at(2), 270));
  EXPECT_EQ(grown.next(), RecordSchedule::Time::max());
}

TEST(RecordSchedule, memory_that_shrinks_makes_nothing_due) {
  const RecordSchedule grown = schedule({.interval = {}, .threshold = 100}, 1000);
  EXPECT_FALSE(grown.due(at(1), 0));
}

TEST(RecordSchedule, of_both_the_first_counts_and_begins_the_interval_anew) {
  RecordSchedule both = schedule({.interval = seconds(5), .threshold = 100});
  EXPECT_TRUE(both.due(at(2), 100));
  both.taken(at(2), 100);
  EXPECT_FALSE(both.due(at(6.9), 199));
  EXPECT_TRUE(both.due(at(7), 100));
  both.taken(at(7), 0);
  EXPECT_TRUE(both.due(at(8), 100));
}

}  // namespace
}  // namespace tmbpf::test
