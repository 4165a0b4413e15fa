// SPDX-License-Identifier: Apache-2.0
// Totals from the heap, shares from the sample, and what the groups of windows say of the error.
#include "userspace/trace/sampling/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "userspace/model/estimate_error.h"
#include "userspace/trace/sampling/share_error.h"

namespace tmbpf {
namespace {

constexpr std::uint32_t kAlignment = 16;

const EstimatedTrace& trace_of(const Estimate& estimate, std::uint64_t stack) {
  for (const EstimatedTrace& trace : estimate.traces) {
    if (trace.stack == stack) {
      return trace;
    }
  }
  throw std::out_of_range("no trace of this stack");
}

TEST(Estimate, a_stack_has_the_share_of_its_weights_in_its_size_class) {
  const std::vector<SampledBlock> blocks{
      {.address = 0x10, .stack = 7, .size = 30, .window = 0, .weight = 1},
      {.address = 0x20, .stack = 7, .size = 30, .window = 1, .weight = 2},
      {.address = 0x30, .stack = 8, .size = 32, .window = 1, .weight = 1},
      {.address = 0x40, .stack = 9, .size = 64, .window = 2, .weight = 5}};
  const std::vector<std::uint64_t> totals{0, 1000, 0, 3};
  const Estimate estimate = make_estimate(blocks, totals, kAlignment);
  ASSERT_EQ(estimate.traces.size(), 3U);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 750);
  EXPECT_EQ(trace_of(estimate, 7).size, 30U);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 8).weight, 250);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 9).weight, 3);
  EXPECT_EQ(estimate.blocks, 1003U);
  EXPECT_EQ(estimate.unknown, 0U);
}

TEST(Estimate, without_a_group_the_others_share_the_whole_total) {
  const std::vector<SampledBlock> blocks{
      {.address = 0x10, .stack = 7, .size = 16, .window = 0, .weight = 1},
      {.address = 0x20, .stack = 8, .size = 16, .window = 1, .weight = 3}};
  const std::vector<std::uint64_t> totals{100};
  const Estimate estimate = make_estimate(blocks, totals, kAlignment);
  const auto expect = [&](std::uint64_t stack, std::size_t group, double weight) {
    Replicates with{};
    with[group] = static_cast<float>(weight);
    add_error(with, trace_of(estimate, stack).weight * unseen_share(16.0 / 10), signs_of(0));
    EXPECT_FLOAT_EQ(trace_of(estimate, stack).replicates[group], with[group]);
  };
  expect(7, 0, 0);
  expect(8, 0, 100);
  expect(7, 1, 100);
  expect(7, 2, 25);
  expect(7, kReplicates - 1, 25);
}

TEST(Estimate, recorded_blocks_stand_for_themselves_and_the_others_share_the_rest) {
  constexpr std::uint32_t kRecorded = SampledBlock::kNoWindow;
  const std::vector<SampledBlock> blocks{
      {.address = 0x10, .stack = 7, .size = 16, .window = kRecorded},
      {.address = 0x20, .stack = 7, .size = 16, .window = kRecorded},
      {.address = 0x30, .stack = 8, .size = 16, .window = 0, .weight = 3},
      {.address = 0x40, .stack = 9, .size = 16, .window = 1, .weight = 1},
      {.address = 0x50, .stack = 7, .size = 48, .window = kRecorded}};
  const std::vector<std::uint64_t> totals{102, 0, 11};
  const Estimate estimate = make_estimate(blocks, totals, kAlignment);
  EXPECT_TRUE(trace_of(estimate, 7).sure);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 2);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 8).weight, 75);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 9).weight, 25);
  EXPECT_EQ(estimate.blocks, 103U);
  EXPECT_EQ(estimate.unknown, 10U);
}

TEST(Estimate, more_recorded_blocks_than_the_heap_said_leave_nothing_to_share) {
  const std::vector<SampledBlock> blocks{
      {.address = 0x10, .stack = 7, .size = 16, .window = SampledBlock::kNoWindow},
      {.address = 0x20, .stack = 7, .size = 16, .window = SampledBlock::kNoWindow},
      {.address = 0x30, .stack = 8, .size = 16, .window = 0, .weight = 3}};
  const std::vector<std::uint64_t> totals{1};
  const Estimate estimate = make_estimate(blocks, totals, kAlignment);
  ASSERT_EQ(estimate.traces.size(), 1U);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 2);
  EXPECT_EQ(estimate.unknown, 0U);
}

TEST(Estimate, a_size_class_without_a_sampled_block_is_unknown) {
  const std::vector<std::uint64_t> totals{10, 0, 5};
  const Estimate estimate = make_estimate({}, totals, kAlignment);
  EXPECT_TRUE(estimate.traces.empty());
  EXPECT_EQ(estimate.unknown, 15U);
  EXPECT_EQ(estimate.unknown_bytes, 10U * 16 + 5U * 48);
}

TEST(Estimate, blocks_that_pymalloc_does_not_serve_are_left_out_of_its_totals) {
  const std::vector<SampledBlock> blocks{{.address = 0x10, .stack = 7, .size = 600},
                                         {.address = 0x20, .stack = 8, .size = 0}};
  const std::vector<std::uint64_t> totals(32, 1);
  const Estimate estimate = make_estimate(blocks, totals, kAlignment);
  EXPECT_TRUE(estimate.traces.empty());
  EXPECT_EQ(estimate.unknown, 32U);
}

TEST(Estimate, by_weight_each_counts_as_what_it_stands_for) {
  const std::vector<SampledBlock> blocks{
      {.address = 0x1000, .stack = 7, .size = 600, .window = 3, .weight = 40},
      {.address = 0x2000, .stack = 7, .size = 600, .window = 4, .weight = 60},
      {.address = 0x3000, .stack = 8, .size = 700, .window = SampledBlock::kNoWindow, .weight = 1}};
  Estimate estimate;
  add_by_weight(estimate, blocks);
  ASSERT_EQ(estimate.traces.size(), 2U);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 100);
  EXPECT_FALSE(trace_of(estimate, 7).sure);
  EXPECT_NEAR(trace_of(estimate, 7).replicates[3], 60 * 20.0 / 19, 1e-3);
  EXPECT_NEAR(trace_of(estimate, 7).replicates[0], 100 * 20.0 / 19, 1e-3);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 8).weight, 1);
  EXPECT_TRUE(trace_of(estimate, 8).sure);
}

double error_of(const EstimatedTrace& trace) {
  ReplicateSum sum;
  sum.add(1, trace.replicates);
  return static_cast<double>(tmbpf::error_of(sum).count);
}

// One of each of 40 windows, and first blocks of pools.
std::vector<SampledBlock> with_pools(std::size_t pools) {
  std::vector<SampledBlock> blocks;
  for (std::uint32_t window = 0; window < 40; ++window) {
    blocks.push_back({.address = 0x10,
                      .stack = 7,
                      .size = 16,
                      .window = window,
                      .weight = window % 3 == 0 ? 16.0 : 10.0});
  }
  for (std::uint32_t pool = 0; pool < pools; ++pool) {
    blocks.push_back(
        {.address = 0x20, .stack = 8 + pool % 2, .size = 16, .window = 90 + pool, .weight = 0});
  }
  return blocks;
}

TEST(Estimate, what_no_window_saw_belongs_to_those_for_whom_pools_were_taken) {
  std::vector<SampledBlock> blocks = with_pools(30);
  std::erase_if(blocks, [](const SampledBlock& block) { return block.weight > 0; });
  const std::vector<std::uint64_t> totals{2000};
  const Estimate estimate = make_estimate(blocks, totals, kAlignment);
  EXPECT_NEAR(trace_of(estimate, 8).weight, 1000, 1e-9);
  EXPECT_NEAR(trace_of(estimate, 9).weight, 1000, 1e-9);
  EXPECT_GE(error_of(trace_of(estimate, 8)), 1000) << "who takes a pool is not chosen by chance";
}

TEST(Estimate, pools_do_not_count_where_windows_tell) {
  const std::vector<std::uint64_t> totals{2500};
  const Estimate estimate = make_estimate(with_pools(30), totals, kAlignment);
  ASSERT_EQ(estimate.traces.size(), 1U);
  EXPECT_NEAR(trace_of(estimate, 7).weight, 2500, 1e-9);
}

// Blocks of one line and no other, each of a window of its own.
double error_of_one_line(std::uint32_t blocks) {
  std::vector<SampledBlock> sampled;
  for (std::uint32_t window = 0; window < blocks; ++window) {
    sampled.push_back({.address = 0x10, .stack = 7, .size = 16, .window = window, .weight = 3});
  }
  const std::vector<std::uint64_t> totals{1000000};
  const EstimatedTrace trace = trace_of(make_estimate(sampled, totals, kAlignment), 7);
  EXPECT_DOUBLE_EQ(trace.weight, 1e6);
  return error_of(trace) / 1e6;
}

// Of n blocks of one line the interval of Clopper and Pearson begins at 0.025^(1/n).
TEST(Estimate, few_blocks_that_agree_leave_room_for_lines_that_were_not_sampled) {
  for (const std::uint32_t blocks : {10, 30, 100, 1000}) {
    const double exact = 1 - std::pow(0.025, 1.0 / blocks);
    EXPECT_GE(error_of_one_line(blocks), exact * 0.88) << blocks;
    EXPECT_LE(error_of_one_line(blocks), exact * 1.1) << blocks;
  }
}

// In how many of 100 trials it holds the truth for a line that makes bursts beside one that goes on
// evenly.
double held(std::uint32_t windows, double bursts, int even_blocks) {
  std::minstd_rand random(12345);
  const std::vector<std::uint64_t> totals{1000000};
  const double truth = 1000000.0 * (bursts * 8) / (bursts * 8 + even_blocks);
  int held = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<SampledBlock> blocks;
    for (std::uint32_t window = 0; window < windows; ++window) {
      const bool burst = std::bernoulli_distribution(bursts)(random);
      const int bursting = burst ? std::poisson_distribution<int>(8)(random) : 0;
      const int even = std::poisson_distribution<int>(even_blocks)(random);
      for (int i = 0; i < bursting + even; ++i) {
        blocks.push_back({.address = 0x10,
                          .stack = i < bursting ? 7U : 8U,
                          .size = 16,
                          .window = window,
                          .weight = 100});
      }
    }
    const Estimate estimate = make_estimate(blocks, totals, kAlignment);
    const EstimatedTrace& trace = trace_of(estimate, 7);
    held += std::abs(trace.weight - truth) <= error_of(trace) ? 1 : 0;
  }
  return held * 100.0 / kTrials;
}

TEST(Estimate, the_stated_error_holds_the_truth_in_19_of_20_trials) {
  const double percent = held(200, 0.2, 2);
  EXPECT_GE(percent, 93);
  EXPECT_LE(percent, 98) << "the error is stated too wide";
}

// Fewer than there are groups: as after some seconds.
TEST(Estimate, the_stated_error_holds_the_truth_with_few_windows) {
  for (const std::uint32_t windows : {5, 7, 12}) {
    const double percent = held(windows, 0.9, 40);
    EXPECT_GE(percent, 93.5) << windows;
    EXPECT_LE(percent, 98.5) << windows << ": the error is stated too wide";
  }
}

}  // namespace
}  // namespace tmbpf
