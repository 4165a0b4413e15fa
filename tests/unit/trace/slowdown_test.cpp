// SPDX-License-Identifier: Apache-2.0
// What tracing costs a target, and when that is more than its budget.
#include "userspace/trace/budget/slowdown.h"

#include <gtest/gtest.h>

namespace tmbpf {
namespace {

using std::chrono::milliseconds;
using Seconds = Slowdown::Seconds;

// A target that is looked at every 20 ms.
class SlowdownTest : public testing::Test {
 protected:
  SlowdownTest() { slowdown_.add(now_, cpu_, {}); }

  // `own`, `cost`: milliseconds in each of so many looks.
  void look(int looks, double own, double cost, double avoidable = 0) {
    for (int i = 0; i < looks; ++i) {
      now_ += milliseconds(20);
      cpu_ += Seconds((own + cost) / 1000);
      slowdown_.add(now_, cpu_,
                    {.all = Seconds(cost / 1000), .avoidable = Seconds(avoidable / 1000)});
    }
  }

  Slowdown slowdown_{0.1};
  Slowdown::Clock::time_point now_;
  Seconds cpu_{5};
};

TEST_F(SlowdownTest, is_the_share_of_the_targets_own_time) {
  look(50, 10, 0.5, 0.2);
  const Slowdown::Shares shares = slowdown_.of_last(Seconds(1));
  EXPECT_NEAR(shares.all, 0.05, 1e-9);
  EXPECT_NEAR(shares.rest, 0.03, 1e-9);
}

TEST_F(SlowdownTest, is_none_where_nothing_happens) {
  look(50, 0, 0);
  EXPECT_EQ(slowdown_.of_last(Seconds(1)).all, 0);
  EXPECT_FALSE(slowdown_.is_overrun());
}

TEST_F(SlowdownTest, of_the_last_seconds_forgets_what_was_before) {
  look(50, 2, 18);
  look(50, 20, 0);
  EXPECT_EQ(slowdown_.of_last(Seconds(0.5)).all, 0);
  EXPECT_GT(slowdown_.of_last(Seconds(1.5)).all, 0.1);
}

TEST_F(SlowdownTest, what_fits_the_budget_is_never_too_much) {
  look(5000, 18, 1.8);
  EXPECT_FALSE(slowdown_.is_overrun());
}

TEST_F(SlowdownTest, what_does_not_is_too_much_after_a_tenth_of_a_second) {
  look(5, 1, 19);
  EXPECT_FALSE(slowdown_.is_overrun());
  look(1, 1, 19);
  EXPECT_TRUE(slowdown_.is_overrun());
  slowdown_.forgive();
  EXPECT_FALSE(slowdown_.is_overrun());
}

TEST_F(SlowdownTest, a_burst_now_and_then_is_not_too_much) {
  for (int second = 0; second < 60; ++second) {
    look(2, 1, 10);
    look(48, 18, 0);
    ASSERT_FALSE(slowdown_.is_overrun()) << second;
  }
}

TEST_F(SlowdownTest, next_to_nothing_of_a_core_is_not_too_much) {
  look(5000, 0.001, 0.09);
  EXPECT_FALSE(slowdown_.is_overrun());
  look(5000, 0.001, 0.2);
  EXPECT_TRUE(slowdown_.is_overrun());
}

TEST_F(SlowdownTest, the_time_of_threads_beside_counts_once) {
  look(100, 158, 2);  // eight of them; the one that holds the GIL lost 2 of 20 ms
  EXPECT_NEAR(slowdown_.of_last(Seconds(1)).all, 1.0 / 9, 1e-9);
}

}  // namespace
}  // namespace tmbpf
