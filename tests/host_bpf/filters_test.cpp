// SPDX-License-Identifier: Apache-2.0
// What the tracer tells the programs to leave out.
#include "tests/host_bpf/recorded_python.h"

namespace tmbpf {
namespace {

class Filters : public RecordedPython {
 protected:
  // A size whose next block the recorded pools tell.
  static std::uint64_t predicted_size() {
    std::uint64_t size = 64;
    while (host_predict(size) == 0 && size < 512) {
      size += 16;
    }
    return size;
  }

  static void raw_block(std::uint64_t address, std::uint64_t size) {
    host_raw_request(size);
    host_raw_result(address);
  }

  // The id of the code of the most recent frame.
  static std::uint32_t top_code() {
    tmbpf_stack_event stack{};
    for (const auto& event : host_state().events) {
      std::uint32_t kind = 0;
      std::memcpy(&kind, event.data(), sizeof(kind));
      if (kind == TMBPF_EVENT_STACK) {
        std::memcpy(&stack, event.data(), std::min(event.size(), sizeof(stack)));
      }
    }
    return static_cast<std::uint32_t>(stack.frames[0] >> 32U);
  }
};

TEST_P(Filters, a_dropped_code_object_leaves_no_trace_and_needs_no_walk) {
  record(4);
  make_current();
  const std::uint64_t size = predicted_size();
  raw_block(0x1000, 600);
  ASSERT_EQ(host_totals()->traces, 1U);
  host_code_verdicts()->dropped[top_code()] = 1;
  raw_block(0x2000, 600);
  EXPECT_EQ(host_totals()->traces, 2U) << "not before the filters are active";
  host_filters()->active = 1;
  const auto stacks = host_totals()->stacks;
  raw_block(0x3000, 600);
  EXPECT_EQ(host_trace(0x3000), nullptr);
  EXPECT_NE(host_trace(0x1000), nullptr) << "what is recorded stays";
  EXPECT_EQ(host_totals()->stacks, stacks);
  EXPECT_EQ(host_counter(TMBPF_COUNT_FILTERED), 1U);
  host_forget(0x1000);
  EXPECT_EQ(host_totals()->traces, 1U);
  EXPECT_NE(host_predict(size), 0U);
}

TEST_P(Filters, a_dropped_stack_leaves_no_trace_in_the_domains_it_is_dropped_in) {
  record(4);
  make_current();
  raw_block(0x1000, 600);
  const std::uint64_t stack = host_trace(0x1000)->stack;
  ASSERT_EQ(stack, TMBPF_STACK_FIRST);
  host_track(7, 0x5000, 10);  // takes slot 1
  host_filters()->active = 1;
  host_stack_sum(stack)->dropped = 1U << 0U;
  raw_block(0x2000, 600);
  host_track(7, 0x6000, 10);
  EXPECT_EQ(host_trace(0x2000), nullptr);
  EXPECT_EQ(host_totals()->traces, 3U);
  host_stack_sum(stack)->dropped = 1U << 1U;
  raw_block(0x2000, 600);
  host_track(7, 0x5000, 99);
  EXPECT_NE(host_trace(0x2000), nullptr);
  EXPECT_EQ(host_totals()->traces, 3U) << "a dropped trace takes the former one of its address";
}

TEST_P(Filters, a_block_that_grows_in_dropped_code_is_no_longer_recorded) {
  record(1);
  make_current();
  raw_block(0x1000, 600);
  host_filters()->active = 1;
  host_stack_sum(host_trace(0x1000)->stack)->dropped = 1;
  host_raw_realloc_request(0x1000, 700);
  host_raw_result(0);
  EXPECT_NE(host_trace(0x1000), nullptr) << "a failed realloc changes nothing";
  host_raw_realloc_request(0x1000, 700);
  host_raw_result(0x1000);
  EXPECT_EQ(host_trace(0x1000), nullptr);
  EXPECT_EQ(host_totals()->traced_current, 0U);
}

TEST_P(Filters, smaller_blocks_than_the_least_size_are_left_out) {
  record(1);
  make_current();
  host_filters()->active = 1;
  host_filters()->min_size = 1000;
  raw_block(0x1000, 999);
  host_small_request(predicted_size());
  raw_block(0x2000, 1000);
  EXPECT_EQ(host_totals()->traces, 1U);
  EXPECT_EQ(host_totals()->traced_current, 1000U);
  host_raw_realloc_request(0x2000, 500);
  host_raw_result(0x2000);
  EXPECT_EQ(host_totals()->traces, 0U);
}

TEST_P(Filters, stacks_beyond_the_table_get_their_hash_and_are_described_each_time) {
  max_stacks_ = TMBPF_STACK_FIRST;
  record(4);
  make_current();
  raw_block(0x1000, 600);
  const auto described = host_state().events.size();
  raw_block(0x2000, 600);
  EXPECT_NE(host_trace(0x1000)->stack & TMBPF_STACK_HASHED, 0U);
  EXPECT_EQ(host_trace(0x1000)->stack, host_trace(0x2000)->stack);
  EXPECT_EQ(host_state().events.size(), described + 1);
  EXPECT_EQ(host_totals()->hashed, 2U);
  EXPECT_FALSE(stack_of(*host_trace(0x1000)).starts_with("<unknown>"));
}

TEST_P(Filters, a_stack_whose_description_was_lost_keeps_its_id) {
  record(4);
  make_current();
  host_state().ring_full = true;
  raw_block(0x1000, 600);
  raw_block(0x2000, 600);
  EXPECT_EQ(host_trace(0x1000)->stack, host_trace(0x2000)->stack);
  EXPECT_EQ(host_counter(TMBPF_LOST_STACKS), 2U);
  host_state().ring_full = false;
  raw_block(0x3000, 600);
  EXPECT_GT(host_state().events.size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Pythons, Filters, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
