// SPDX-License-Identifier: Apache-2.0
// The heap reader against what each CPython says about its own heap.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"
#include "tests/live/live_test.h"
#include "tests/support/python_process.h"

namespace tmbpf {
namespace {

class HeapTest : public LiveTest {
 protected:
  static PymallocHeap read(const PythonProcess& python) {
    const PythonTarget target = open_python_target(python.pid());
    return read_pymalloc_heap(ProcessMemory(python.pid()), target.python);
  }

  // When the target has said `word` and waits for input.
  static PymallocHeap read_after(PythonProcess& python, const std::string& word) {
    EXPECT_EQ(python.read_line(), word);
    wait_until_blocked(python.pid());
    return read(python);
  }

  static std::vector<std::uint64_t> numbers(const std::string& line) {
    std::istringstream words(line);
    return {std::istream_iterator<std::uint64_t>(words), {}};
  }

  static std::uint32_t block_size_at(const PymallocHeap& heap, std::uint64_t address) {
    const auto after = std::ranges::upper_bound(heap.pools, address, {}, &Pool::address);
    return after == heap.pools.begin() ? 0 : std::prev(after)->block_size;
  }
};

TEST_P(HeapTest, it_grows_by_exactly_as_many_blocks_as_the_interpreter_counts) {
  // Both times the count and the buffer of os.read() come on top, and all else is of at most 512
  // bytes, so that the difference is that of the pools alone.
  PythonProcess python(GetParam().path, R"(
import gc, os, sys
gc.collect()
gc.disable()
kept = [None] * 30000
a = b = i = 1000000
a = sys.getallocatedblocks()
os.write(1, b'before\n')
os.read(0, 9)
for i in range(30000):
    kept[i] = (i, str(i) * (i % 37))
for i in range(0, 30000, 3):
    kept[i] = None
b = sys.getallocatedblocks()
os.write(1, b'after\n')
os.read(0, 9)
os.write(1, b'%d\n' % (b - a))
os.read(0, 9))");
  const PymallocHeap before = read_after(python, "before");
  python.write_line("go");
  const PymallocHeap after = read_after(python, "after");
  python.write_line("go");
  const long said = std::stol(python.read_line());
  EXPECT_GT(said, 40000);
  EXPECT_EQ(static_cast<long>(after.blocks.size()) - static_cast<long>(before.blocks.size()), said);
  EXPECT_EQ(before.unsettled_pools + after.unsettled_pools, 0U);
}

TEST_P(HeapTest, every_object_lies_in_a_live_block_of_its_size_class_until_it_is_freed) {
  PythonProcess python(GetParam().path, R"(
import os
kept = [bytes(i % 479) for i in range(1, 5000) if i % 479 > 1]
text = ' '.join('%d %d' % (id(o), o.__sizeof__()) for o in kept).encode() + b'\n'
while text:
    text = text[os.write(1, text):]
for i in range(0, len(kept), 2):
    kept[i] = None
os.write(1, b'freed\n')
os.read(0, 9))");
  const std::vector<std::uint64_t> words = numbers(python.read_line());
  ASSERT_GT(words.size(), 9000U);
  const PymallocHeap heap = read_after(python, "freed");
  std::size_t freed_but_live = 0;
  for (std::size_t i = 0; i < words.size() / 2; ++i) {
    const std::uint64_t address = words[2 * i];
    ASSERT_TRUE(heap.in_arena(address));
    if (i % 2 == 0) {
      freed_but_live += heap.blocks.contains(address) ? 1 : 0;
    } else {
      ASSERT_TRUE(heap.blocks.contains(address)) << words[2 * i + 1] << " bytes";
      ASSERT_EQ(block_size_at(heap, address), (words[2 * i + 1] + 15) / 16 * 16);
    }
  }
  EXPECT_LE(freed_but_live, 4U) << "the loop's own numbers take some";
}

TEST_P(HeapTest, what_a_busy_target_keeps_is_there_at_every_reading) {
  PythonProcess python(GetParam().path, R"(
import os
kept = [bytes(i % 479) for i in range(1, 5000) if i % 479 > 1]
text = ' '.join('%d' % id(o) for o in kept).encode() + b'\n'
while text:
    text = text[os.write(1, text):]
churn = []
while True:
    for i in range(997):
        churn.append([str(i), {i: i}, (i, churn), 1.5 * i, bytes(i % 479)])
    churn.clear())");
  const std::vector<std::uint64_t> kept = numbers(python.read_line());
  ASSERT_GT(kept.size(), 4900U);
  const PythonTarget target = open_python_target(python.pid());
  const ProcessMemory memory(python.pid());
  constexpr std::uint64_t kReadings = 200;
  std::uint64_t unsettled = 0;
  for (std::uint64_t i = 0; i < kReadings; ++i) {
    const PymallocHeap heap = read_pymalloc_heap(memory, target.python);
    std::size_t missing = 0;
    for (const std::uint64_t address : kept) {
      missing += heap.blocks.contains(address) || !heap.is_settled(address) ? 0 : 1;
    }
    EXPECT_EQ(missing, 0U);
    unsettled += heap.unsettled_pools;
  }
  // Over all readings: in any single one the reader may be put off its core at a bad moment.
  EXPECT_LE(unsettled, kReadings);
}

INSTANTIATE_TEST_SUITE_P(Pythons, HeapTest, testing::ValuesIn(supported_pythons()), python_name);

}  // namespace
}  // namespace tmbpf
