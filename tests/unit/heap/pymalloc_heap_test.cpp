// SPDX-License-Identifier: Apache-2.0
// The heap reader on a heap of ours: what it finds, and what it does when that heap lies.
#include "symbols/heap/pymalloc_heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/heap/fake_heap.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

PymallocHeap read(const FakeHeap& heap) {
  return read_pymalloc_heap(ProcessMemory(::getpid()), heap.python);
}

std::set<std::uint64_t> blocks_of(const PymallocHeap& heap) {
  std::set<std::uint64_t> blocks;
  heap.blocks.for_each([&](std::uint64_t block) { blocks.insert(block); });
  return blocks;
}

TEST(PymallocHeap, holds_the_blocks_that_are_not_on_the_free_list_of_their_pool) {
  FakeHeap fake;
  fake.add_arena();
  const std::uint64_t pool = fake.add_pool(48, 6, {4, 0, 5});
  const PymallocHeap heap = read(fake);
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
      bytes += (2 * room - 1) * size;
      EXPECT_TRUE(read(fake).blocks.contains(FakeHeap::block(pool, 0)));
      EXPECT_FALSE(read(fake).blocks.contains(FakeHeap::block(pool, room - 1)));
    }
    const PymallocHeap heap = read(fake);
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
  const PymallocHeap heap = read(fake);
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
  const PymallocHeap heap = read(fake);
  EXPECT_EQ(heap.blocks.size(), 9U + 62U * 31U);
  EXPECT_EQ(heap.free_pools, 0U);
  EXPECT_EQ(heap.unsettled_pools, 0U);
}

TEST(PymallocHeap, arenas_not_in_use_and_an_interpreter_without_arenas_hold_nothing) {
  FakeHeap fake;
  fake.maxarenas = 16;  // the size of a table that is not there yet
  EXPECT_TRUE(read(fake).readable);
  EXPECT_EQ(read(fake).blocks.size(), 0U);
  fake.add_arena();
  fake.add_full_pool(64);
  fake.table().insert(fake.table().begin(), FakeArena{.address = 0, .pool_address = 0x1000});
  fake.publish();
  EXPECT_EQ(read(fake).arenas.size(), 1U);
  EXPECT_EQ(read(fake).blocks.size(), 255U);
}

struct Lie {
  const char* name;
  std::function<void(std::uint64_t pool)> tell;
};

std::string lie_name(const testing::TestParamInfo<Lie>& lie) { return lie.param.name; }

class LyingPool : public testing::TestWithParam<Lie> {};

TEST_P(LyingPool, is_counted_and_its_neighbours_are_read_all_the_same) {
  FakeHeap fake;
  fake.add_arena();
  fake.add_pool(32, 8, {7});
  const std::uint64_t pool = fake.add_pool(64, 10, {2, 4, 6});
  fake.add_pool(48, 8, {7});
  GetParam().tell(pool);
  const PymallocHeap heap = read(fake);
  EXPECT_TRUE(heap.readable);
  EXPECT_EQ(heap.blocks.size(), 14U);
  EXPECT_EQ(heap.unsettled, std::vector{pool});
  EXPECT_EQ(heap.unsettled_pools, 1U);
  EXPECT_FALSE(heap.is_settled(pool + 100));
  EXPECT_TRUE(heap.is_settled(pool - 1));
}

INSTANTIATE_TEST_SUITE_P(
    PymallocHeap, LyingPool,
    testing::Values(
        Lie{"free_list_that_bites_its_tail",
            [](std::uint64_t pool) {
              FakeHeap::word(FakeHeap::block(pool, 6)) = FakeHeap::block(pool, 2);
            }},
        Lie{"free_list_that_points_to_itself",
            [](std::uint64_t pool) {
              FakeHeap::word(FakeHeap::block(pool, 2)) = FakeHeap::block(pool, 2);
            }},
        Lie{"free_list_that_leaves_the_pool",
            [](std::uint64_t pool) { FakeHeap::word(FakeHeap::block(pool, 2)) = pool + 16384; }},
        Lie{"free_list_that_leaves_it_downwards",
            [](std::uint64_t pool) { FakeHeap::word(FakeHeap::block(pool, 2)) = pool - 64; }},
        Lie{"free_list_into_the_header",
            [](std::uint64_t pool) { FakeHeap::word(FakeHeap::block(pool, 2)) = pool; }},
        Lie{"free_list_into_the_middle_of_a_block",
            [](std::uint64_t pool) {
              FakeHeap::word(FakeHeap::block(pool, 2)) = FakeHeap::block(pool, 3) + 16;
            }},
        Lie{"free_list_to_an_odd_address",
            [](std::uint64_t pool) {
              FakeHeap::word(FakeHeap::block(pool, 2)) = FakeHeap::block(pool, 3) + 1;
            }},
        Lie{"free_list_into_what_is_not_carved",
            [](std::uint64_t pool) {
              FakeHeap::word(FakeHeap::block(pool, 6)) = FakeHeap::block(pool, 20);
            }},
        Lie{"free_list_that_is_too_short",
            [](std::uint64_t pool) { FakeHeap::word(FakeHeap::block(pool, 2)) = 0; }},
        Lie{"free_list_at_the_end_of_the_address_space",
            [](std::uint64_t pool) { FakeHeap::header(pool).freeblock = ~std::uint64_t{15}; }},
        Lie{"more_live_blocks_than_carved",
            [](std::uint64_t pool) { FakeHeap::header(pool).count = 11; }},
        Lie{"live_blocks_beyond_counting",
            [](std::uint64_t pool) { FakeHeap::header(pool).count = 0xffffffff; }},
        Lie{"full_with_a_free_list", [](std::uint64_t pool) { FakeHeap::header(pool).count = 10; }},
        Lie{"not_full_without_a_free_list",
            [](std::uint64_t pool) { FakeHeap::header(pool).freeblock = 0; }},
        Lie{"size_class_that_does_not_exist",
            [](std::uint64_t pool) { FakeHeap::header(pool).szidx = 32; }},
        Lie{"size_class_of_a_pool_that_was_never_used",
            [](std::uint64_t pool) { FakeHeap::header(pool).szidx = 0xffff; }},
        Lie{"size_class_that_overflows",
            [](std::uint64_t pool) { FakeHeap::header(pool).szidx = 0xffffffff; }},
        Lie{"another_size_class", [](std::uint64_t pool) { FakeHeap::header(pool).szidx = 4; }},
        Lie{"carved_beyond_the_pool",
            [](std::uint64_t pool) { FakeHeap::header(pool).nextoffset = 48 + 64 * 256; }},
        Lie{"carved_less_than_the_header",
            [](std::uint64_t pool) { FakeHeap::header(pool).nextoffset = 0; }},
        Lie{"carved_half_a_block",
            [](std::uint64_t pool) { FakeHeap::header(pool).nextoffset += 16; }},
        Lie{"not_readable",
            [](std::uint64_t pool) {
              // NOLINTNEXTLINE(performance-no-int-to-ptr): our own memory
              ASSERT_EQ(::mprotect(reinterpret_cast<void*>(pool), 16384, PROT_NONE), 0);
            }}),
    lie_name);

TEST(LyingArenas, that_are_gone_are_counted_pool_by_pool) {
  FakeHeap fake;
  fake.add_arena();
  fake.add_full_pool(64);
  fake.add_full_pool(64);
  fake.table().push_back({.address = 0x1000000, .pool_address = 0x1000000 + 3 * 16384});
  fake.publish();
  const PymallocHeap heap = read(fake);
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
           FakeArena{.address = arena + 16384, .pool_address = arena + 2 * 16384},
           FakeArena{.address = limit, .pool_address = arena},
           FakeArena{.address = limit, .pool_address = limit + 2 * fake.python.arena_size},
           FakeArena{.address = limit, .pool_address = limit + 100},
           FakeArena{.address = ~std::uint64_t{0} - 100, .pool_address = 16384},
       }) {
    fake.table().resize(1);
    fake.table().push_back(lie);
    fake.publish();
    const PymallocHeap heap = read(fake);
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
  EXPECT_EQ(read(fake).blocks.size(), 255U);
  for (std::size_t i = 0; i < fake.table().size(); ++i) {
    const std::uint64_t address = arena + (i << 20);
    fake.arena(i) = {.address = address, .pool_address = address + fake.python.arena_size};
  }
  const PymallocHeap heap = read(fake);
  EXPECT_GE(heap.blocks.size(), 255U);
  EXPECT_GT(heap.unsettled_pools, 1000000U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(LyingArenas, a_table_that_is_not_readable_or_too_long_is_no_empty_heap) {
  FakeHeap fake;
  fake.add_arena();
  fake.add_full_pool(64);
  fake.maxarenas = (1U << 20) + 1;
  EXPECT_FALSE(read(fake).readable);
  fake.maxarenas = 1;
  fake.table_address = 0x1000;
  EXPECT_FALSE(read(fake).readable);
  fake.python.arenas = 8;
  EXPECT_FALSE(read(fake).readable);
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
    EXPECT_THROW(read(fake), Error);
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

// Allocates from and frees to a pool as pymalloc does, in its order.
void churn(std::uint64_t pool, const std::atomic<bool>& stop) {
  volatile FakePool& header = FakeHeap::header(pool);
  std::vector<std::uint64_t> held;
  for (std::uint64_t step = 1; !stop; ++step) {
    if (header.count < 100 || (held.size() < 100 && step % 3 != 0)) {
      const std::uint64_t block = header.freeblock;
      header.count = header.count + 1;
      header.freeblock = FakeHeap::word(block);
      FakeHeap::word(block) = step << 32;  // an object's first word
      held.push_back(block);
    } else {
      const std::size_t index = step * 7919 % held.size();
      FakeHeap::word(held[index]) = header.freeblock;
      header.freeblock = held[index];
      header.count = header.count - 1;
      held[index] = held.back();
      held.pop_back();
    }
  }
}

TEST(PymallocHeap, a_pool_that_changes_all_the_time_is_read_right_or_counted) {
  FakeHeap fake;
  fake.add_arena();
  std::vector<std::uint32_t> free;
  for (std::uint32_t i = 100; i < 250; ++i) {
    free.push_back(i);
  }
  const std::uint64_t pool = fake.add_pool(64, 250, free);
  fake.add_full_pool(64);
  std::atomic<bool> stop = false;
  std::thread thread([&] { churn(pool, stop); });
  std::size_t settled = 0;
  for (int i = 0; i < 2000; ++i) {
    const PymallocHeap heap = read(fake);
    ASSERT_TRUE(heap.readable);
    ASSERT_GE(heap.blocks.size(), 255U);
    if (heap.unsettled_pools == 0) {
      ++settled;
      ASSERT_EQ(heap.pools.size(), 2U);
      ASSERT_EQ(heap.blocks.size(), 255U + heap.pools[0].live_blocks);
      for (std::uint32_t block = 0; block < 100; ++block) {
        ASSERT_TRUE(heap.blocks.contains(FakeHeap::block(pool, block)));
      }
    }
  }
  stop = true;
  thread.join();
  EXPECT_GT(settled, 0U);
}

TEST(PymallocHeap, a_table_that_moves_all_the_time_is_read_whole) {
  FakeHeap fake;
  for (int i = 0; i < 3; ++i) {
    fake.add_arena();
    fake.add_full_pool(64);
  }
  // Each place is used once: a table that comes back to where it was cannot be told from one that
  // stayed, and realloc hardly ever does that.
  std::vector<FakeArena> places(300000);
  std::atomic<bool> stop = false;
  std::thread thread([&] {
    volatile std::uint64_t& address = fake.table_address;
    std::vector<FakeArena> arenas = fake.table();
    for (std::size_t place = 0; !stop && place + 3 <= places.size(); place += 3) {
      std::ranges::copy(arenas, places.begin() + static_cast<std::ptrdiff_t>(place));
      FakeArena* left = reinterpret_cast<FakeArena*>(address);  // NOLINT: our own memory
      address = reinterpret_cast<std::uint64_t>(&places[place]);
      std::fill_n(left, 3, FakeArena{.address = 0x1000, .pool_address = 0x2000});
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  });
  for (int i = 0; i < 500; ++i) {
    const PymallocHeap heap = read(fake);
    if (heap.readable) {
      EXPECT_EQ(heap.blocks.size(), 3U * 255U);
    }
  }
  stop = true;
  thread.join();
  EXPECT_EQ(read(fake).blocks.size(), 3U * 255U);
}

}  // namespace
}  // namespace tmbpf::test
