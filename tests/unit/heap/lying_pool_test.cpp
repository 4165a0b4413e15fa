// SPDX-License-Identifier: Apache-2.0
// A pool that contradicts itself.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "symbols/heap/pymalloc_heap.h"
#include "tests/unit/heap/fake_heap.h"
#include "tests/unit/heap/heap_reading.h"

namespace tmbpf::test {
namespace {

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
  const PymallocHeap heap = read_heap(fake);
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

}  // namespace
}  // namespace tmbpf::test
