// SPDX-License-Identifier: Apache-2.0
// glibc's heap, read from outside: a child allocates known sizes, and so many more chunks there
// are.
#include "symbols/heap/malloc_heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "symbols/process/process_memory.h"
#include "tests/unit/heap/malloc_target.h"

namespace tmbpf {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMalloc = false;
#else
constexpr bool kMalloc = true;
#endif

// Asked for; larger than what a tcache keeps. A chunk has 8 bytes more, in steps of 16, and 16 more
// still when the rest would have been too small for a chunk.
constexpr std::size_t kSizes[] = {2'000, 5'000, 70'000};
constexpr std::size_t kMapped = 40'000'000;  // above any threshold that malloc chooses itself

class MallocHeapTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kMalloc) {
      GTEST_SKIP() << "the sanitizer has an allocator of its own";
    }
  }

  static MallocHeap read(const MallocTarget& target) {
    return read_malloc_heap(ProcessMemory(target.pid()), {});
  }
  static std::size_t count(const MallocHeap& heap, std::size_t size) {
    const std::size_t chunk = (size + 8 + 15) / 16 * 16;
    std::size_t found = 0;
    for (const MallocChunk& one : heap.chunks) {
      found += one.size == chunk || one.size == chunk + 16 ? 1 : 0;
    }
    return found;
  }
};

// Volatile, so that the compiler keeps malloc.
void* allocate(std::size_t size) {
  void* volatile block = std::malloc(size);
  std::memset(block, 0x5a, size < 4096 ? size : 4096);
  return block;
}

// Step 0: many of each size, mixed. Step 1: every third goes, which leaves free chunks between.
class Blocks {
 public:
  static constexpr std::size_t kMany = 1'200;

  void step(int step) {
    if (step == 0) {
      for (std::size_t i = 0; i < kMany; ++i) {
        for (const std::size_t size : kSizes) {
          blocks_.push_back(allocate(size));
        }
      }
    } else {
      // Those of one turn of three: as many of each size, with neighbours that stay.
      for (std::size_t i = 0; i < blocks_.size(); ++i) {
        if (i / std::size(kSizes) % 3 == 1) {
          std::free(blocks_[i]);
        }
      }
    }
  }

 private:
  std::vector<void*> blocks_;
};

void expect_more(const MallocHeap& before, const MallocHeap& now, std::size_t more,
                 std::size_t (*count)(const MallocHeap&, std::size_t)) {
  EXPECT_EQ(now.unsettled(), 0U);
  for (const std::size_t size : kSizes) {
    EXPECT_EQ(count(now, size) - count(before, size), more) << size;
  }
}

TEST_F(MallocHeapTest, the_main_arena_has_as_many_chunks_as_were_allocated) {
  Blocks blocks;
  MallocTarget target([&blocks](int step) { blocks.step(step); });
  const MallocHeap before = read(target);
  ASSERT_TRUE(before.recognized());
  ASSERT_EQ(before.pieces.size(), 1U);
  target.step();
  expect_more(before, read(target), Blocks::kMany, count);
  target.step();
  expect_more(before, read(target), Blocks::kMany - Blocks::kMany / 3, count);
}

// More than one heap of 64 MiB.
TEST_F(MallocHeapTest, so_has_the_arena_of_a_thread) {
  Blocks blocks;
  MallocTarget target(
      [&blocks](int step) { std::thread([&blocks, step] { blocks.step(step); }).join(); });
  const MallocHeap before = read(target);
  target.step();
  const MallocHeap now = read(target);
  EXPECT_GE(now.pieces.size(), before.pieces.size() + 2);
  expect_more(before, now, Blocks::kMany, count);
  target.step();
  expect_more(before, read(target), Blocks::kMany - Blocks::kMany / 3, count);
}

TEST_F(MallocHeapTest, blocks_with_a_mapping_of_their_own_are_found_where_mappings_are_merged) {
  MallocTarget target([](int step) {
    static std::vector<void*> blocks;
    if (step == 0) {
      for (int i = 0; i < 5; ++i) {
        blocks.push_back(allocate(kMapped));
        // Others' memory between them.
        (void)::mmap(nullptr, 65'536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      }
    } else {
      std::free(blocks[2]);
    }
  });
  const auto mapped = [](const MallocHeap& heap) {
    std::size_t found = 0;
    for (const MallocChunk& chunk : heap.chunks) {
      found += chunk.size >= kMapped && chunk.size < kMapped + 8192 ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(mapped(read(target)), 0U);
  target.step();
  EXPECT_EQ(mapped(read(target)), 5U);
  target.step();
  EXPECT_EQ(mapped(read(target)), 4U);
}

TEST_F(MallocHeapTest, a_block_is_found_by_its_address) {
  void** const shared = static_cast<void**>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  MallocTarget target([shared](int step) {
    if (step == 0) {
      shared[0] = allocate(3'000);
      shared[1] = allocate(3'000);
    } else {
      std::free(shared[0]);
    }
  });
  target.step();
  const auto block = reinterpret_cast<std::uint64_t>(shared[0]);
  const MallocHeap heap = read(target);
  ASSERT_NE(heap.chunk_of(block), nullptr);
  EXPECT_GE(heap.chunk_of(block)->size, 3'008U);
  EXPECT_EQ(heap.chunk_of(block + 16), nullptr);
  ASSERT_NE(heap.piece_of(block), nullptr);
  EXPECT_TRUE(heap.piece_of(block)->settled);
  target.step();
  EXPECT_EQ(read(target).chunk_of(block), nullptr);
  ::munmap(shared, 4096);
}

TEST_F(MallocHeapTest, a_process_without_such_a_heap_is_not_recognized) {
  // Large enough that the child can overwrite its end.
  std::array<void*, 30> blocks{};
  for (void*& block : blocks) {
    block = allocate(100'000);
  }
  MallocTarget broken([](int) {
    void* const brk = ::sbrk(0);
    std::memset(static_cast<char*>(brk) - 1'000'000, 0xff, 1'000'000);
  });
  EXPECT_TRUE(read(broken).recognized());
  broken.step();
  const MallocHeap heap = read(broken);
  EXPECT_FALSE(heap.recognized());
  EXPECT_EQ(heap.unsettled(), 1U);
  for (void* const block : blocks) {
    std::free(block);
  }
}

// Threads that allocate and free all the time, each never more than kBusy blocks: a reading says
// that a piece did not settle, or what it counts is within what was there at any moment.
TEST_F(MallocHeapTest, what_changes_while_it_is_read_is_never_told_wrong) {
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kBusy = 200;
  constexpr std::size_t kKept = 5'000;
  constexpr std::size_t kSize = 2'000;
  constexpr int kReadings = 300;
  MallocTarget target([](int step) {
    for (std::size_t i = 0; step == 0 && i < kKept; ++i) {
      allocate(kSize);
    }
    for (std::size_t thread = 0; step == 1 && thread < kThreads; ++thread) {
      std::thread([thread] {
        std::vector<void*> blocks(kBusy);
        for (std::size_t i = 0, random = thread;; ++i) {
          random = random * 6364136223846793005U + 1442695040888963407U;
          void*& block = blocks[(random >> 33U) % kBusy];
          std::free(block);
          block = allocate(kSize + (random >> 60U) * 700 * (random >> 62U));
        }
      }).detach();
    }
  });
  const std::size_t before = count(read(target), kSize);
  target.step();
  target.step();
  int settled = 0;
  for (int reading = 0; reading < kReadings; ++reading) {
    const MallocHeap heap = read(target);
    settled += heap.unsettled() == 0 ? 1 : 0;
    const std::size_t found = count(heap, kSize);
    if (heap.unsettled() == 0) {
      EXPECT_GE(found, before + kKept);
    }
    EXPECT_LE(found, before + kKept + kThreads * kBusy);
  }
  RecordProperty("settled", settled);
  EXPECT_GT(settled, kReadings / 4);
}

}  // namespace
}  // namespace tmbpf
