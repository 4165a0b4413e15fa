// SPDX-License-Identifier: Apache-2.0
// What malloc's heap has grown by, of a child that allocates known sizes.
#include "userspace/trace/sampling/malloc_growth.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "tests/unit/heap/malloc_target.h"

namespace tmbpf {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMalloc = false;
#else
constexpr bool kMalloc = true;
#endif

constexpr std::size_t kMany = 300;
constexpr std::size_t kSize = 3'000;  // of blocks; their chunks have 3,008 bytes
constexpr std::size_t kChunk = 3'008;
constexpr std::size_t kLarger = 6'000;

// Neither arenas of pymalloc nor a table of them.
std::array<std::uint64_t, 2> no_arenas{};

tmbpf_python python_without_arenas() {
  tmbpf_python python{};
  python.arenas = reinterpret_cast<std::uint64_t>(no_arenas.data());
  python.maxarenas = reinterpret_cast<std::uint64_t>(&no_arenas[1]);
  python.arena_object_size = 48;
  python.arena_size = 1U << 20U;
  python.pool_size = 1U << 14U;
  return python;
}

// 0: old blocks. 1: as many new. 2: the old ones go and come again, larger. 3: all go.
void step(int step) {
  static std::array<void*, kMany> old;
  static std::array<void*, kMany> fresh;
  for (std::size_t i = 0; i < kMany; ++i) {
    void*& block = step == 0 || step == 2 ? old[i] : fresh[i];
    if (step >= 2) {
      std::free(block);
    }
    void* volatile made = step < 3 ? std::malloc(step == 2 ? kLarger : kSize) : nullptr;
    block = made;
  }
}

std::uint64_t chunks(const MallocTotals& totals, std::size_t size) {
  const std::size_t index = malloc_class(size);
  return index < totals.growth.size() ? totals.growth[index] / size : 0;
}

TEST(MallocGrowth, is_what_was_allocated_since_and_lives) {
  if (!kMalloc) {
    GTEST_SKIP() << "the sanitizer has an allocator of its own";
  }
  const tmbpf_python python = python_without_arenas();
  MallocTarget target(step);
  target.step();
  MallocGrowth growth(target.pid(), python);
  growth.restart();
  EXPECT_EQ(chunks(growth.measure().value(), kChunk), 0U);
  target.step();
  EXPECT_EQ(chunks(growth.measure().value(), kChunk), kMany);
  target.step();
  MallocTotals totals = growth.measure().value();
  EXPECT_EQ(chunks(totals, kChunk), kMany);
  EXPECT_EQ(chunks(totals, kLarger + 8), kMany);
  target.step();
  EXPECT_EQ(chunks(growth.measure().value(), kChunk), 0U);
  growth.restart();
  totals = growth.measure().value();
  EXPECT_EQ(chunks(totals, kLarger + 8), 0U);
  EXPECT_EQ(totals.heap.unsettled(), 0U);
}

TEST(MallocGrowth, is_not_told_of_a_process_that_is_gone) {
  const tmbpf_python python = python_without_arenas();
  std::optional<MallocGrowth> growth;
  {
    MallocTarget target(step);
    growth.emplace(target.pid(), python);
  }
  EXPECT_FALSE(growth->measure().has_value());
}

}  // namespace
}  // namespace tmbpf
