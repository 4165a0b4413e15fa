// SPDX-License-Identifier: Apache-2.0
// Sampling windows: what counts, what is logged, and when a window has had its time.
#include <cstring>

#include "bpf/tmbpf_taken_pools.h"
#include "tests/host_bpf/recorded_python.h"

namespace tmbpf {
namespace {

class Samples : public RecordedPython {
 protected:
  void open(tmbpf_stratum stratum) {
    record(1);
    make_current();
    tmbpf_method& method = *host_method();
    method.sampled = 1;
    method.stratum = stratum;
    method.phase = TMBPF_PHASE_RECORDING;
    method.window = 1;
    method.span = 1000000;
    method.trap = 100;
    method.least = ~0ULL;
    while (host_predict(size_) == 0 && size_ < 512) {
      size_ += 16;
    }
    block_ = host_predict(size_);
    ASSERT_NE(block_, 0U);
  }

  static const tmbpf_sample& sample(std::uint32_t index) { return host_samples()->sample[index]; }

  std::uint64_t size_ = 64;
  std::uint64_t block_ = 0;
};

TEST_P(Samples, a_window_logs_what_pymalloc_hands_out_and_records_no_trace) {
  open(TMBPF_STRATUM_SMALL);
  host_small_request(size_);
  ASSERT_EQ(host_method()->logged, 1U);
  EXPECT_EQ(sample(0).address, block_);
  EXPECT_EQ(sample(0).size, size_);
  EXPECT_EQ(sample(0).kind, TMBPF_SAMPLE_ALLOCATED);
  EXPECT_EQ(host_totals()->traces, 0U);
}

TEST_P(Samples, the_tail_logs_only_addresses_and_a_closed_window_nothing) {
  open(TMBPF_STRATUM_SMALL);
  host_method()->phase = TMBPF_PHASE_TAIL;
  host_small_request(size_);
  ASSERT_EQ(host_method()->logged, 1U);
  EXPECT_EQ(sample(0).address, block_);
  EXPECT_EQ(sample(0).kind, TMBPF_SAMPLE_GONE);
  host_method()->phase = TMBPF_PHASE_CLOSED;
  host_small_request(size_);
  EXPECT_EQ(host_method()->logged, 1U);
}

TEST_P(Samples, a_block_that_realloc_moves_is_gone) {
  open(TMBPF_STRATUM_SMALL);
  host_pymalloc_realloc(block_, 5000);
  ASSERT_EQ(host_method()->logged, 1U);
  EXPECT_EQ(sample(0).address, block_);
  EXPECT_EQ(sample(0).kind, TMBPF_SAMPLE_GONE);
}

TEST_P(Samples, the_raw_domain_is_sampled_or_recorded) {
  open(TMBPF_STRATUM_RAW);
  host_raw_request(5000);
  host_raw_result(0x770000);
  ASSERT_EQ(host_method()->logged, 1U);
  EXPECT_EQ(sample(0).size, 5000U);
  EXPECT_EQ(host_totals()->traces, 0U);
  host_method()->raw = 1;
  host_raw_request(6000);
  host_raw_result(0x880000);
  EXPECT_EQ(host_method()->logged, 1U);
  ASSERT_NE(host_trace(0x880000), nullptr);
  EXPECT_EQ(host_trace(0x880000)->size, 6000U);
}

TEST_P(Samples, a_request_from_a_former_window_has_no_result) {
  open(TMBPF_STRATUM_RAW);
  host_raw_request(5000);
  host_method()->window = 3;
  host_raw_result(0x770000);
  EXPECT_EQ(host_method()->logged, 0U);
}

TEST_P(Samples, only_sites_of_the_windows_stratum_count) {
  open(TMBPF_STRATUM_SMALL);
  EXPECT_TRUE(host_enter_window(TMBPF_STRATUM_SMALL));
  EXPECT_FALSE(host_enter_window(TMBPF_STRATUM_RAW));
  EXPECT_TRUE(host_enter_window(TMBPF_STRATUM_NONE));
  host_method()->raw = 1;
  EXPECT_TRUE(host_enter_window(TMBPF_STRATUM_RAW));
  host_method()->phase = TMBPF_PHASE_CLOSED;
  EXPECT_FALSE(host_enter_window(TMBPF_STRATUM_SMALL));
  EXPECT_TRUE(host_enter_window(TMBPF_STRATUM_RAW));
}

TEST_P(Samples, a_window_ends_by_the_targets_own_time) {
  open(TMBPF_STRATUM_SMALL);
  tmbpf_method& method = *host_method();
  method.span = 1000;
  method.left = 10000;
  std::uint64_t& now = host_state().ktime;
  now = 10500;  // 400 of its own, 100 of the trap
  host_enter_window(TMBPF_STRATUM_SMALL);
  EXPECT_EQ(method.own, 400U);
  now = 12500;  // in our program: not its own
  host_leave_hit();
  EXPECT_EQ(method.inside, 2000U);
  EXPECT_EQ(method.phase, TMBPF_PHASE_RECORDING);
  now = 13200;
  host_enter_window(TMBPF_STRATUM_SMALL);
  EXPECT_EQ(method.own, 1000U);
  EXPECT_EQ(method.least, 700U);
  EXPECT_EQ(method.phase, TMBPF_PHASE_TAIL);
  EXPECT_EQ(method.tail_hits, 0U);
  now = 14000;
  host_enter_window(TMBPF_STRATUM_SMALL);
  EXPECT_EQ(method.own, 1000U);
  EXPECT_EQ(method.hits, 2U);
  EXPECT_EQ(method.tail_hits, 1U);
}

TEST_P(Samples, waiting_for_a_cpu_is_no_time_of_the_targets_own) {
  open(TMBPF_STRATUM_SMALL);
  tmbpf_method& method = *host_method();
  method.span = 100000;
  method.left = 10000;
  method.thread = host_state().thread;
  method.run_delay = 500;  // as it was when the window was opened
  std::uint64_t& now = host_state().ktime;
  const auto hit = [&](std::uint64_t at, std::uint64_t delay) {
    now = at;
    host_state().run_delay = delay;
    host_enter_window(TMBPF_STRATUM_SMALL);
    host_leave_hit();
  };
  hit(13500, 3500);  // 3000 of it waited
  EXPECT_EQ(method.own, 400U);
  EXPECT_EQ(method.waited, 3000U);
  hit(14100, 3500);
  EXPECT_EQ(method.own, 900U);
  EXPECT_EQ(method.least, 600U) << "one that waited is no measure";
  hit(14800, 9000);  // most of it before this gap
  EXPECT_EQ(method.own, 900U);
  EXPECT_EQ(method.waited, 3700U);
  host_state().thread = 2;  // whose delay was not known
  hit(15000, 70000);
  EXPECT_EQ(method.own, 1000U);
  EXPECT_EQ(method.waited, 3700U);
  host_state().thread = 1;
}

TEST_P(Samples, one_hit_in_many_is_timed_where_hits_are_counted) {
  record(1);
  make_current();
  tmbpf_method& method = *host_method();
  std::uint64_t& now = host_state().ktime;
  for (int hit = 1; hit <= 3 * TMBPF_TIMED; ++hit) {
    now += 1000;
    host_count_hit(7);
    now += 250;
    host_leave_hit();
  }
  EXPECT_EQ(method.timed, 3U);
  EXPECT_EQ(method.timed_time, 750U);
  // One that was put off its CPU meanwhile does not count.
  for (int hit = 1; hit <= TMBPF_TIMED; ++hit) {
    host_count_hit(7);
    now += 5000000;
    host_leave_hit();
  }
  EXPECT_EQ(method.timed, 3U);
  EXPECT_EQ(method.begun, 0U);
}

TEST_P(Samples, a_clock_that_goes_back_adds_nothing) {
  open(TMBPF_STRATUM_SMALL);
  tmbpf_method& method = *host_method();
  method.left = 10000;
  host_state().ktime = 9000;
  host_enter_window(TMBPF_STRATUM_SMALL);
  EXPECT_EQ(method.own, 0U);
  host_state().ktime = 8000;
  host_leave_hit();
  EXPECT_EQ(method.inside, 0U);
}

TEST_P(Samples, a_pool_that_is_taken_between_windows_is_told_with_its_stack) {
  open(TMBPF_STRATUM_SMALL);
  host_small_request(size_);
  host_method()->phase = TMBPF_PHASE_CLOSED;
  host_state().events.clear();
  host_pool_taken(0);
  EXPECT_TRUE(host_state().events.empty());
  host_pool_taken(0x770030);
  ASSERT_EQ(host_state().events.size(), 1U);  // its stack is known
  tmbpf_taken_pool taken{};
  ASSERT_EQ(host_state().events[0].size(), sizeof(taken));
  std::memcpy(&taken, host_state().events[0].data(), sizeof(taken));
  EXPECT_EQ(taken.address, 0x770030U);
  EXPECT_EQ(taken.stack, sample(0).stack);
  EXPECT_EQ(host_method()->logged, 1U);
}

TEST_P(Samples, the_tracer_is_not_woken_for_pools_while_it_looks_by_itself) {
  open(TMBPF_STRATUM_SMALL);
  host_method()->phase = TMBPF_PHASE_CLOSED;
  host_state().wake_ups = 0;
  host_state().ktime = 5'000'000'000;
  host_pool_taken(0x770030);
  EXPECT_EQ(host_state().wake_ups, 1);
  host_pool_taken(0x774030);
  EXPECT_EQ(host_state().wake_ups, 1);  // it is about to
  host_state().ktime += 2 * TMBPF_POOLS_LOOK;
  host_pool_taken(0x778030);
  EXPECT_EQ(host_state().wake_ups, 2);
  host_method()->awake_until = host_state().ktime + 9 * TMBPF_POOLS_LOOK;
  host_state().ktime += 8 * TMBPF_POOLS_LOOK;
  host_pool_taken(0x77c030);
  EXPECT_EQ(host_state().wake_ups, 2);
}

INSTANTIATE_TEST_SUITE_P(Pythons, Samples, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
