// SPDX-License-Identifier: Apache-2.0
// The coverage of a heap and of traces that the test makes up.
#include "userspace/trace/coverage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/heap/fake_heap.h"

namespace tmbpf::test {
namespace {

class CoverageTest : public testing::Test {
 protected:
  void trace(std::uint64_t address, std::uint16_t domain = 0) {
    live_.push_back({.address = address, .domain = domain});
  }

  void free_newest(std::uint64_t pool) {
    FakePool& header = FakeHeap::header(pool);
    const std::uint64_t block = FakeHeap::block(pool, header.count - 1);
    FakeHeap::word(block) = header.freeblock;
    header.freeblock = block;
    --header.count;
  }

  // Hands out the block that the pool's free list begins with.
  std::uint64_t hand_out(std::uint64_t pool) {
    FakePool& header = FakeHeap::header(pool);
    const std::uint64_t block = header.freeblock;
    header.freeblock = FakeHeap::word(block);
    FakeHeap::word(block) = 1;
    ++header.count;
    return block;
  }

  std::optional<Coverage> measure() {
    return measure_coverage(memory_, heap_.python, baseline_,
                            {.read_all = [this] { return live_; },
                             .contains =
                                 [this](std::uint64_t address) {
                                   ++lookups_;
                                   return std::ranges::any_of(live_, [&](const LiveBlock& block) {
                                     return block.domain == 0 && block.address == address;
                                   });
                                 }});
  }

  FakeHeap heap_;
  ProcessMemory memory_{::getpid()};
  BlockSet baseline_;
  std::vector<LiveBlock> live_;
  int lookups_ = 0;
};

TEST_F(CoverageTest, every_live_block_is_attributed_missing_or_from_before_the_attach) {
  heap_.add_arena();
  heap_.add_pool(32, 10, {9});
  const std::uint64_t large = heap_.add_pool(512, 3, {});
  baseline_ = read_baseline(memory_, heap_.python);
  const std::uint64_t pool = heap_.add_pool(64, 8, {0});
  for (std::uint32_t i = 1; i < 6; ++i) {
    trace(FakeHeap::block(pool, i));
  }
  trace(FakeHeap::block(large, 2));
  trace(0x5000);  // no block of pymalloc's
  const auto coverage = measure();
  ASSERT_TRUE(coverage.has_value());
  EXPECT_EQ(coverage->attributed, 6U);
  EXPECT_EQ(coverage->missing, 2U);
  EXPECT_EQ(coverage->extra, 0U);
  EXPECT_EQ(coverage->before, 9U + 2U);
  EXPECT_EQ(coverage->unsettled_pools, 0U);
  EXPECT_DOUBLE_EQ(coverage->share(), 0.75);
  EXPECT_DOUBLE_EQ(coverage->share_of_bytes(), (5 * 64.0 + 512) / (7 * 64.0 + 512));
}

TEST_F(CoverageTest, each_size_class_has_its_row) {
  heap_.add_arena();
  heap_.add_pool(32, 10, {9});
  baseline_ = read_baseline(memory_, heap_.python);
  const std::uint64_t pool = heap_.add_pool(48, 2, {});
  trace(FakeHeap::block(pool, 0));
  const auto coverage = measure();
  ASSERT_EQ(coverage->classes.size(), 2U);
  EXPECT_EQ(coverage->classes[0].block_size, 32U);
  EXPECT_EQ(coverage->classes[0].before, 9U);
  EXPECT_EQ(coverage->classes[0].missing, 0U);
  EXPECT_EQ(coverage->classes[1].block_size, 48U);
  EXPECT_EQ(coverage->classes[1].attributed, 1U);
  EXPECT_EQ(coverage->classes[1].missing, 1U);
  EXPECT_EQ(coverage->bytes(&SizeClassCoverage::before), 9U * 32U);
}

TEST_F(CoverageTest, a_trace_of_a_block_that_is_free_is_extra) {
  heap_.add_arena();
  const std::uint64_t pool = heap_.add_pool(32, 10, {4});
  for (std::uint32_t i = 0; i < 10; ++i) {
    trace(FakeHeap::block(pool, i));
  }
  trace(pool + 48 + 16);  // where no block begins
  const auto coverage = measure();
  EXPECT_EQ(coverage->attributed, 9U);
  EXPECT_EQ(coverage->extra, 2U);
  EXPECT_EQ(coverage->share(), 1.0);
}

TEST_F(CoverageTest, traces_of_other_domains_are_no_blocks_of_pymalloc) {
  heap_.add_arena();
  const std::uint64_t pool = heap_.add_pool(32, 2, {});
  trace(FakeHeap::block(pool, 0), 1);
  trace(FakeHeap::block(pool, 1));
  const auto coverage = measure();
  EXPECT_EQ(coverage->attributed, 1U);
  EXPECT_EQ(coverage->missing, 1U);
  EXPECT_EQ(coverage->extra, 0U);
}

TEST_F(CoverageTest, a_block_from_before_that_was_seen_free_is_missing_when_handed_out_unseen) {
  heap_.add_arena();
  const std::uint64_t pool = heap_.add_pool(32, 10, {9});
  baseline_ = read_baseline(memory_, heap_.python);
  EXPECT_EQ(measure()->before, 9U);
  free_newest(pool);
  EXPECT_EQ(measure()->before, 8U);
  hand_out(pool);
  const auto coverage = measure();
  EXPECT_EQ(coverage->before, 8U);
  EXPECT_EQ(coverage->missing, 1U);
}

TEST_F(CoverageTest, a_block_from_before_that_was_traced_since_never_counts_as_before_again) {
  heap_.add_arena();
  const std::uint64_t pool = heap_.add_pool(32, 10, {});
  baseline_ = read_baseline(memory_, heap_.python);
  trace(FakeHeap::block(pool, 3));
  EXPECT_EQ(measure()->before, 9U);
  live_.clear();
  EXPECT_EQ(measure()->before, 9U);
  EXPECT_EQ(measure()->missing, 1U);
}

TEST_F(CoverageTest, what_is_missing_only_for_a_moment_is_not_missing) {
  heap_.add_arena();
  const std::uint64_t pool = heap_.add_pool(32, 3, {});
  const auto coverage =
      measure_coverage(memory_, heap_.python, baseline_,
                       {.read_all = [] { return std::vector<LiveBlock>{}; },
                        .contains =
                            [&](std::uint64_t address) {
                              if (address == FakeHeap::block(pool, 2)) {
                                free_newest(pool);  // gone at the second look
                                return false;
                              }
                              return address == FakeHeap::block(pool, 1) && ++lookups_ > 3;
                            }});
  EXPECT_EQ(coverage->missing, 1U);
  ASSERT_EQ(coverage->classes.size(), 1U);
  EXPECT_EQ(coverage->classes[0].missing, 1U);
}

TEST_F(CoverageTest, pools_that_cannot_be_judged_are_counted_and_nothing_else) {
  heap_.add_arena();
  const std::uint64_t before = heap_.add_pool(32, 10, {9});
  baseline_ = read_baseline(memory_, heap_.python);
  const std::uint64_t pool = heap_.add_pool(32, 10, {9});
  trace(FakeHeap::block(pool, 1));
  FakeHeap::header(pool).count = 3;
  ++FakeHeap::header(before).count;
  const auto unsettled = measure();
  EXPECT_EQ(unsettled->unsettled_pools, 2U);
  EXPECT_EQ(unsettled->attributed + unsettled->missing + unsettled->extra + unsettled->before, 0U);
  FakeHeap::header(pool).count = 9;
  --FakeHeap::header(before).count;
  EXPECT_EQ(measure()->before, 9U);
  EXPECT_EQ(measure()->missing, 8U);
}

TEST_F(CoverageTest, so_much_missing_that_it_is_no_passing_effect_is_not_looked_at_again) {
  for (int i = 0; i < 2; ++i) {
    heap_.add_arena();
    for (int j = 0; j < 64; ++j) {
      heap_.add_full_pool(16);
    }
  }
  const auto coverage = measure();
  EXPECT_EQ(coverage->missing, 128U * 1021U);
  EXPECT_EQ(lookups_, 0);
}

TEST_F(CoverageTest, a_heap_that_cannot_be_read_has_none) {
  heap_.add_arena();
  heap_.table_address = 0x1000;
  EXPECT_FALSE(measure().has_value());
}

TEST_F(CoverageTest, nothing_handed_out_means_that_nothing_is_missing) {
  heap_.add_arena();
  heap_.add_full_pool(256);
  baseline_ = read_baseline(memory_, heap_.python);
  EXPECT_EQ(measure()->share(), 1.0);
  EXPECT_EQ(measure()->share_of_bytes(), 1.0);
}

std::map<std::string, std::uint64_t> counts(const std::vector<Loss>& causes) {
  std::map<std::string, std::uint64_t> result;
  for (const Loss& cause : causes) {
    result[cause.key] = cause.count;
  }
  return result;
}

using Counts = std::map<std::string, std::uint64_t>;

TEST(MissingCauses, name_each_loss_of_blocks_and_what_none_of_them_explains) {
  const std::vector<Loss> losses{
      {"full", "traces_full", 30}, {"late", "stale", 2}, {"cut", "frames", 1000}};
  EXPECT_EQ(counts(missing_causes(40, losses)),
            (Counts{{"traces_full", 30}, {"stale", 2}, {"not_seen", 8}}));
  EXPECT_EQ(counts(missing_causes(31, losses)), (Counts{{"traces_full", 30}, {"stale", 2}}));
  EXPECT_EQ(counts(missing_causes(5, losses)), (Counts{{"traces_full", 5}, {"stale", 2}}));
  EXPECT_EQ(counts(missing_causes(5, {})), (Counts{{"not_seen", 5}}));
}

TEST(MissingCauses, there_are_none_when_nothing_is_missing) {
  EXPECT_TRUE(missing_causes(0, {{"full", "traces_full", 30}}).empty());
}

}  // namespace
}  // namespace tmbpf::test
