// SPDX-License-Identifier: Apache-2.0
// The heap reader on a heap of ours: what it finds.
#include "symbols/heap/pymalloc_heap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "tests/unit/heap/fake_heap.h"
#include "tests/unit/heap/heap_reading.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

TEST(PymallocHeap, holds_the_blocks_that_are_not_on_the_free_list_of_their_pool) {
  FakeHeap fake;
  fake.add_arena();
  const std::uint64_t pool = fake.add_pool(48, 6, {4, 0, 5});
  const PymallocHeap heap = read_heap(fake);
  EXPECT_TRUE(heap.readable);
  EXPECT_EQ(blocks_of(heap), (std::set{FakeHeap::block(pool, 1), FakeHeap::block(pool, 2),
                                       FakeHeap::block(pool, 3)}));
  EXPECT_EQ(heap.blocks.size(), 3U);
  EXPECT_EQ(heap.bytes, 3U * 48U);
  EXPECT_EQ(heap.unsettled_pools, 0U);
}

TEST(PymallocHeap, knows_every_size_class_full_and_with_one_block_free) {
  for (const std::uint32_t pool_size : {4096U, 16384U}) {
    FakeHeap fake(pool_size);
    fake.add_arena();
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;
    for (std::uint32_t size = 16; size <= 512; size += 16) {
      const std::uint32_t room = (pool_size - 48) / size;
      fake.add_full_pool(size);
      const std::uint64_t pool = fake.add_pool(size, room, {room - 1});
      blocks += 2 * room - 1;
      bytes += std::uint64_t{2 * room - 1} * size;
      EXPECT_TRUE(read_heap(fake).blocks.contains(FakeHeap::block(pool, 0)));
      EXPECT_FALSE(read_heap(fake).blocks.contains(FakeHeap::block(pool, room - 1)));
    }
    const PymallocHeap heap = read_heap(fake);
    EXPECT_EQ(heap.blocks.size(), blocks);
    EXPECT_EQ(heap.bytes, bytes);
    EXPECT_EQ(heap.pools.size(), 64U);
    EXPECT_EQ(heap.unsettled_pools, 0U);
  }
}

TEST(PymallocHeap, sums_up_size_classes_pools_and_arenas) {
  FakeHeap fake;
  const std::uint64_t arena = fake.add_arena();
  fake.add_pool(32, 10, {0});
  fake.add_pool(64, 4, {1});
  fake.add_pool(32, 5, {2});
  FakeHeap::header(fake.add_pool(128, 3, {0, 1, 2})).count = 0;
  const PymallocHeap heap = read_heap(fake);
  const auto classes = heap.size_classes();
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].block_size, 32U);
  EXPECT_EQ(classes[0].blocks, 13U);
  EXPECT_EQ(classes[0].pools, 2U);
  EXPECT_EQ(classes[1].blocks, 3U);
  EXPECT_EQ(heap.free_pools, 61U);
  EXPECT_EQ(heap.arenas, std::vector{arena});
  EXPECT_TRUE(heap.in_arena(arena + fake.python.arena_size - 1));
  EXPECT_FALSE(heap.in_arena(arena + fake.python.arena_size));
  EXPECT_FALSE(heap.in_arena(arena - 1));
}

TEST(PymallocHeap, an_arena_need_not_be_aligned_to_its_pools) {
  FakeHeap fake;
  const std::uint64_t arena = fake.add_arena(4096);
  const std::uint64_t pool = fake.add_pool(32, 10, {0});
  for (int i = 0; i < 62; ++i) {
    fake.add_full_pool(512);
  }
  EXPECT_EQ(pool, arena + 16384 - 4096);
  const PymallocHeap heap = read_heap(fake);
  EXPECT_EQ(heap.blocks.size(), 9U + 62U * 31U);
  EXPECT_EQ(heap.free_pools, 0U);
  EXPECT_EQ(heap.unsettled_pools, 0U);
}

TEST(PymallocHeap, arenas_not_in_use_and_an_interpreter_without_arenas_hold_nothing) {
  FakeHeap fake;
  fake.maxarenas = 16;  // the size of a table that is not there yet
  EXPECT_TRUE(read_heap(fake).readable);
  EXPECT_EQ(read_heap(fake).blocks.size(), 0U);
  fake.add_arena();
  fake.add_full_pool(64);
  fake.table().insert(fake.table().begin(), FakeArena{.address = 0, .pool_address = 0x1000});
  fake.publish();
  EXPECT_EQ(read_heap(fake).arenas.size(), 1U);
  EXPECT_EQ(read_heap(fake).blocks.size(), 255U);
}

TEST(PymallocHeap, refuses_numbers_that_pymalloc_cannot_have) {
  for (const auto& spoil : std::vector<std::function<void(tmbpf_python&)>>{
           [](tmbpf_python& python) { python.pool_size = 0; },
           [](tmbpf_python& python) { python.pool_size = 5000; },
           [](tmbpf_python& python) { python.pool_szidx = 32; },
           [](tmbpf_python& python) { python.arena_object_size = 56; },
           [](tmbpf_python& python) { python.alignment_shift = 3; },
           [](tmbpf_python& python) { python.arena_size = 1000; },
           [](tmbpf_python& python) { python.small_request_threshold = 1U << 20; }}) {
    FakeHeap fake;
    fake.add_arena();
    spoil(fake.python);
    EXPECT_THROW(read_heap(fake), Error);
  }
}

TEST(PymallocHeap, single_pools_are_read_as_the_whole_is) {
  FakeHeap fake;
  fake.add_arena();
  const std::uint64_t first = fake.add_full_pool(64);
  fake.add_full_pool(64);
  const std::uint64_t third = fake.add_pool(32, 10, {3});
  const std::vector<std::uint64_t> pools{first, third, 0x1000};
  const PymallocHeap heap = read_pools(ProcessMemory(::getpid()), fake.python, pools);
  EXPECT_EQ(heap.blocks.size(), 255U + 9U);
  EXPECT_EQ(heap.unsettled, std::vector<std::uint64_t>{0x1000});
}

}  // namespace
}  // namespace tmbpf::test
