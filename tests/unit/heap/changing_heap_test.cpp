// SPDX-License-Identifier: Apache-2.0
// A heap that changes while it is read.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "symbols/heap/pymalloc_heap.h"
#include "tests/unit/heap/fake_heap.h"
#include "tests/unit/heap/heap_reading.h"

namespace tmbpf::test {
namespace {

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
    const PymallocHeap heap = read_heap(fake);
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
    const PymallocHeap heap = read_heap(fake);
    if (heap.readable) {
      EXPECT_EQ(heap.blocks.size(), 3U * 255U);
    }
  }
  stop = true;
  thread.join();
  EXPECT_EQ(read_heap(fake).blocks.size(), 3U * 255U);
}

}  // namespace
}  // namespace tmbpf::test
