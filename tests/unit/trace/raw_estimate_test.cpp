// SPDX-License-Identifier: Apache-2.0
// Blocks of the raw domain: weights, held against what malloc's heap has grown by.
#include "userspace/trace/sampling/raw_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>

#include "userspace/model/estimate_error.h"
#include "userspace/trace/sampling/malloc_growth.h"
#include "userspace/trace/sampling/share_error.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kChunk = 2064;  // of a block of 2,048 bytes
constexpr std::size_t kWindows = 40;

std::vector<std::uint64_t> growth_of(const std::map<std::uint64_t, std::uint64_t>& chunks) {
  std::vector<std::uint64_t> growth(128);
  for (const auto& [size, number] : chunks) {
    growth.at(malloc_class(size)) += size * number;
  }
  return growth;
}

PlacedBlock placed(std::uint64_t stack, std::uint32_t window, double weight,
                   std::uint64_t chunk = kChunk) {
  return {.block = {.address = 0x10,
                    .stack = stack,
                    .size = static_cast<std::uint32_t>(chunk - 16),
                    .window = window,
                    .weight = weight},
          .chunk_size = chunk};
}

// One of each window.
std::vector<PlacedBlock> sample_of(std::uint64_t stack, double weight,
                                   std::uint64_t chunk = kChunk) {
  std::vector<PlacedBlock> blocks;
  for (std::uint32_t window = 0; window < kWindows; ++window) {
    blocks.push_back(placed(stack, window, weight, chunk));
  }
  return blocks;
}

EstimatedTrace trace_of(const Estimate& estimate, std::uint64_t stack) {
  const auto found = std::ranges::find(estimate.traces, stack, &EstimatedTrace::stack);
  if (found == estimate.traces.end()) {
    throw std::out_of_range("no trace of this stack");
  }
  return *found;
}

double spread(const EstimatedTrace& trace) {
  const auto [least, most] = std::ranges::minmax(trace.replicates);
  return most - least;
}

TEST(MallocClass, four_for_each_doubling) {
  EXPECT_EQ(malloc_class(1024), malloc_class(1279));
  EXPECT_EQ(malloc_class(1280), malloc_class(1024) + 1);
  EXPECT_EQ(malloc_class(2048), malloc_class(1024) + 4);
  for (std::uint64_t size = 32; size < 100'000; size += 16) {
    EXPECT_LE(malloc_class_size(malloc_class(size)), size);
    EXPECT_GT(malloc_class_size(malloc_class(size) + 1), size);
  }
}

TEST(RawEstimate, weights_that_say_too_much_are_scaled_down_to_the_growth) {
  std::vector<PlacedBlock> blocks = sample_of(7, 100);
  const std::vector<PlacedBlock> others = sample_of(8, 300);
  blocks.insert(blocks.end(), others.begin(), others.end());
  Estimate estimate;
  add_within_growth(estimate, blocks, growth_of({{kChunk, 8000}}));  // not 16,000
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 2000);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 8).weight, 6000);
  ReplicateSum both;
  both.add(1, trace_of(estimate, 7).replicates);
  both.add(1, trace_of(estimate, 8).replicates);
  EXPECT_NEAR(static_cast<double>(tmbpf::error_of(both).count), 8000 * unseen_share(2 * kWindows),
              10);
}

TEST(RawEstimate, without_the_only_window_that_saw_it_there_is_nothing) {
  Estimate estimate;
  add_within_growth(estimate, std::vector{placed(7, 3, 1000)}, growth_of({{kChunk, 10}}));
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 10);
  EXPECT_NEAR(trace_of(estimate, 7).replicates[3], 0, 1);
  EXPECT_NEAR(trace_of(estimate, 7).replicates[0], 10, 1);
}

TEST(RawEstimate, one_large_block_is_not_taken_for_as_many_as_its_weight_says) {
  constexpr std::uint64_t kLarge = 4U << 20U;
  Estimate estimate;
  add_within_growth(estimate, std::vector{placed(7, 3, 500, kLarge)}, growth_of({{kLarge, 1}}));
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 1);
}

TEST(RawEstimate, growth_within_the_error_of_the_weights_is_taken_but_not_their_error) {
  std::vector<PlacedBlock> blocks = sample_of(7, 100);
  for (PlacedBlock& block : blocks) {
    block.block.weight += block.block.window % 3 == 0 ? 60 : 0;
  }
  Estimate weights;
  add_within_growth(weights, blocks, {});
  Estimate estimate;
  add_within_growth(estimate, blocks, growth_of({{kChunk, 5000}}));  // weights: 4,840
  EXPECT_NEAR(trace_of(estimate, 7).weight, 5000, 1e-6);
  EXPECT_GT(spread(trace_of(estimate, 7)), 10);
}

TEST(RawEstimate, growth_is_taken_with_an_error_that_reaches_down_to_the_weights) {
  Estimate estimate;
  add_within_growth(estimate, sample_of(7, 100), growth_of({{kChunk, 5500}}));  // weights: 4,000
  EXPECT_NEAR(trace_of(estimate, 7).weight, 5500, 1e-6);
  ReplicateSum sum;
  sum.add(1, trace_of(estimate, 7).replicates);
  EXPECT_GE(error_of(sum).count, 1490U);
  EXPECT_LT(error_of(sum).count, 1900U);
}

TEST(RawEstimate, growth_beyond_the_error_of_the_weights_is_others) {
  Estimate estimate;
  add_within_growth(estimate, sample_of(7, 100), growth_of({{kChunk, 40'000}}));
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 4000);
}

TEST(RawEstimate, a_class_is_its_neighbours_when_few_were_to_be_expected_in_the_sample) {
  constexpr std::uint64_t kNeighbour = 2576;  // the next class
  ASSERT_EQ(malloc_class(kNeighbour), malloc_class(kChunk) + 1);
  Estimate few;
  add_within_growth(few, sample_of(7, 1000), growth_of({{kChunk, 10'000}, {kNeighbour, 2'000}}));
  EXPECT_NEAR(trace_of(few, 7).weight, 10'000 + 2'000 * 2576 / 2064.0, 1e-6);
  Estimate many;
  add_within_growth(many, sample_of(7, 1000), growth_of({{kChunk, 10'000}, {kNeighbour, 9'000}}));
  EXPECT_NEAR(trace_of(many, 7).weight, 10'000, 1e-6);
}

TEST(RawEstimate, what_was_seen_for_sure_is_no_part_of_what_the_sample_stands_for) {
  std::vector<PlacedBlock> blocks = sample_of(7, 100);
  for (int i = 0; i < 500; ++i) {
    blocks.push_back(placed(8, SampledBlock::kNoWindow, 1));
  }
  Estimate estimate;
  add_within_growth(estimate, blocks, growth_of({{kChunk, 2500}}));
  EXPECT_DOUBLE_EQ(trace_of(estimate, 7).weight, 2000);
  EXPECT_DOUBLE_EQ(trace_of(estimate, 8).weight, 500);
  EXPECT_TRUE(trace_of(estimate, 8).sure);
}

// A leak of many sizes, of which a small sample misses some: its sum is what the heap says.
TEST(RawEstimate, a_small_sample_of_many_sizes_adds_up_to_the_growth) {
  std::minstd_rand random(12345);
  constexpr int kTrials = 200;
  int near = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::uint64_t> growth(128);
    std::vector<PlacedBlock> blocks;
    double truth = 0;
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t chunk = 544 + random() % 216 * 16;
      growth[malloc_class(chunk)] += chunk;
      truth += static_cast<double>(chunk - 16);
      if (random() % 250 == 0) {
        blocks.push_back(placed(7, static_cast<std::uint32_t>(random() % 6), 2 * 250,
                                chunk));  // twice too heavy
      }
    }
    Estimate estimate;
    add_within_growth(estimate, blocks, growth);
    double bytes = 0;
    for (const EstimatedTrace& trace : estimate.traces) {
      bytes += trace.weight * static_cast<double>(trace.size);
    }
    near += std::abs(bytes / truth - 1) < 0.15 ? 1 : 0;
  }
  EXPECT_GE(near, kTrials * 9 / 10);
}

}  // namespace
}  // namespace tmbpf
