// SPDX-License-Identifier: Apache-2.0
// A table of arenas that lies.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <ios>

#include "symbols/heap/pymalloc_heap.h"
#include "tests/unit/heap/fake_heap.h"
#include "tests/unit/heap/heap_reading.h"

namespace tmbpf::test {
namespace {

TEST(LyingArenas, that_are_gone_are_counted_pool_by_pool) {
  FakeHeap fake;
  fake.add_arena();
  fake.add_full_pool(64);
  fake.add_full_pool(64);
  fake.table().push_back({.address = 0x1000000, .pool_address = 0x1000000 + 3 * 16384});
  fake.publish();
  const PymallocHeap heap = read_heap(fake);
  EXPECT_EQ(heap.blocks.size(), 510U);
  EXPECT_EQ(heap.unsettled_pools, 3U);
}

TEST(LyingArenas, that_overlap_or_whose_pools_lie_elsewhere_count_as_a_whole) {
  FakeHeap fake;
  const std::uint64_t arena = fake.add_arena();
  fake.add_full_pool(64);
  const std::uint64_t limit = arena + fake.python.arena_size;
  for (const FakeArena& lie : {
           FakeArena{.address = arena, .pool_address = arena + 16384},
           FakeArena{.address = arena + 16384, .pool_address = arena + std::uint64_t{2} * 16384},
           FakeArena{.address = limit, .pool_address = arena},
           FakeArena{.address = limit,
           .pool_address = limit + std::uint64_t{2} * fake.python.arena_size},
           FakeArena{.address = limit, .pool_address = limit + 100},
           FakeArena{.address = ~std::uint64_t{0} - 100, .pool_address = 16384},
       }) {
    fake.table().resize(1);
    fake.table().push_back(lie);
    fake.publish();
    const PymallocHeap heap = read_heap(fake);
    EXPECT_EQ(heap.blocks.size(), 255U) << std::hex << lie.address << " " << lie.pool_address;
    EXPECT_EQ(heap.unsettled_pools, 64U);
  }
}

TEST(LyingArenas, a_million_of_them_take_no_more_than_the_machine_could_hold) {
  FakeHeap fake;
  const std::uint64_t arena = fake.add_arena();
  fake.add_full_pool(64);
  const auto begin = std::chrono::steady_clock::now();
  fake.table().resize(1U << 20, fake.arena(0));
  fake.publish();
  EXPECT_EQ(read_heap(fake).blocks.size(), 255U);
  for (std::size_t i = 0; i < fake.table().size(); ++i) {
    const std::uint64_t address = arena + (i << 20);
    fake.arena(i) = {.address = address, .pool_address = address + fake.python.arena_size};
  }
  const PymallocHeap heap = read_heap(fake);
  EXPECT_GE(heap.blocks.size(), 255U);
  EXPECT_GT(heap.unsettled_pools, 1000000U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(LyingArenas, a_table_that_is_not_readable_or_too_long_is_no_empty_heap) {
  FakeHeap fake;
  fake.add_arena();
  fake.add_full_pool(64);
  fake.maxarenas = (1U << 20) + 1;
  EXPECT_FALSE(read_heap(fake).readable);
  fake.maxarenas = 1;
  fake.table_address = 0x1000;
  EXPECT_FALSE(read_heap(fake).readable);
  fake.python.arenas = 8;
  EXPECT_FALSE(read_heap(fake).readable);
}

}  // namespace
}  // namespace tmbpf::test
