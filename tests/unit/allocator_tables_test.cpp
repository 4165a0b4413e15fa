// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/allocator_tables.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/planner/interpreters.h"
#include "tests/unit/planner/traced_python.h"
#include "tests/unit/planner/workload.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

TEST(AllocatorTables, AreCompleteInEveryInterpreter) {
  const auto interpreters = find_interpreters();
  ASSERT_FALSE(interpreters.empty()) << "no CPython on this machine";
  for (const Interpreter& interpreter : interpreters) {
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    const AllocatorTables tables = find_allocator_tables(image);
    const std::set<std::uint64_t> all{
        tables.pymalloc.malloc, tables.pymalloc.calloc, tables.pymalloc.realloc,
        tables.pymalloc.free,   tables.raw.malloc,      tables.raw.calloc,
        tables.raw.realloc,     tables.raw.free,        tables.usedpools,
        tables.arenas,          tables.maxarenas,       tables.raw_allocated_blocks,
        tables.refill};
    EXPECT_EQ(all.size(), 13U) << "all different";
    EXPECT_EQ(all.contains(0), image.symbol("_Py_AllocatedBlocks").has_value())
        << "3.8 has no counter of raw blocks, all others have everything";
    EXPECT_EQ(tables.pymalloc_slots.size(), 2U);  // mem and object
    EXPECT_EQ(tables.raw_slots.size(), 1U);
  }
}

// The address of a symbol that this build may lack or have renamed; then what was found is right.
std::uint64_t symbol_or(const ElfImage& image, const char* name, std::uint64_t found) {
  return image.symbol(name).value_or(found);
}

TEST(AllocatorTables, AgreeWithTheSymbolsWhereTheFileHasThem) {
  for (const Interpreter& interpreter : find_interpreters()) {
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    if (!image.symbol("_PyObject_Malloc")) {
      continue;  // stripped, or renamed by LTO
    }
    const AllocatorTables tables = find_allocator_tables(image);
    EXPECT_EQ(tables.pymalloc.malloc, image.symbol("_PyObject_Malloc"));
    EXPECT_EQ(tables.pymalloc.calloc, image.symbol("_PyObject_Calloc"));
    EXPECT_EQ(tables.pymalloc.realloc, image.symbol("_PyObject_Realloc"));
    EXPECT_EQ(tables.pymalloc.free, image.symbol("_PyObject_Free"));
    EXPECT_EQ(tables.raw.malloc, image.symbol("_PyMem_RawMalloc"));
    EXPECT_EQ(tables.raw.calloc, image.symbol("_PyMem_RawCalloc"));
    EXPECT_EQ(tables.raw.realloc, image.symbol("_PyMem_RawRealloc"));
    EXPECT_EQ(tables.raw.free, image.symbol("_PyMem_RawFree"));
    EXPECT_EQ(tables.refill, symbol_or(image, "allocate_from_new_pool", tables.refill));
    EXPECT_EQ(tables.usedpools, symbol_or(image, "usedpools", tables.usedpools));
    EXPECT_EQ(tables.usedpools, symbol_or(image, "obmalloc_state_main", tables.usedpools));
    EXPECT_EQ(tables.arenas, symbol_or(image, "arenas", tables.arenas));
    EXPECT_EQ(tables.maxarenas, symbol_or(image, "maxarenas", tables.maxarenas));
    EXPECT_EQ(tables.raw_allocated_blocks,
              symbol_or(image, "raw_allocated_blocks", tables.raw_allocated_blocks));
    EXPECT_EQ(tables.raw_slots.front(), symbol_or(image, "_PyMem_Raw", tables.raw_slots.front()));
  }
}

constexpr std::uint64_t kSizeClasses = 32;
constexpr std::uint64_t kNextPool = 16;
constexpr std::uint64_t kArenaSize = 48;  // sizeof(struct arena_object)
constexpr std::uint64_t kSizeIndex = 36;  // offsetof(struct pool_header, szidx)

// How many size classes have a pool in use; each list must lead to a pool of its class.
std::size_t used_size_classes(const TracedPython& python, const AllocatorTables& tables) {
  std::size_t pools = 0;
  for (std::uint64_t index = 0; index < kSizeClasses; ++index) {
    const std::uint64_t head = tables.usedpools + python.bias() + 2 * index * 8;
    const std::uint64_t pool = python.peek(head);
    if (pool != head - kNextPool) {
      EXPECT_EQ(static_cast<std::uint32_t>(python.peek(pool + kSizeIndex)), index);
      ++pools;
    }
  }
  return pools;
}

// How many entries of the table of arenas are in use; each must have no more free pools than pools.
std::size_t arenas_in_use(const TracedPython& python, const AllocatorTables& tables,
                          std::uint32_t maxarenas) {
  // struct arena_object: address, pool_address, nfreepools, ntotalpools, ...
  std::uint64_t arena = python.peek(tables.arenas + python.bias());
  std::size_t live = 0;
  for (std::uint32_t i = 0; i < maxarenas; ++i, arena += kArenaSize) {
    if (python.peek(arena) != 0) {
      const std::uint64_t counts = python.peek(arena + 16);
      EXPECT_LE(static_cast<std::uint32_t>(counts), counts >> 32U) << "free pools of all";
      ++live;
    }
  }
  return live;
}

void expect_allocators_in_slots(const TracedPython& python, const AllocatorTables& tables) {
  for (const std::uint64_t slot : tables.pymalloc_slots) {
    EXPECT_EQ(python.peek(slot + 8 + python.bias()), tables.pymalloc.malloc + python.bias());
  }
  EXPECT_EQ(python.peek(tables.raw_slots.front() + 8 + python.bias()),
            tables.raw.malloc + python.bias());
}

TEST(AllocatorTables, PointAtTheListsAndArenasOfARunningInterpreter) {
  std::size_t run = 0;
  for (const Interpreter& interpreter : find_interpreters()) {
    if (interpreter.program.empty()) {
      continue;  // nothing on this machine runs it
    }
    SCOPED_TRACE(name_of(interpreter));
    const AllocatorTables tables =
        find_allocator_tables(ElfImage::open(interpreter.image.string()));
    const TracedPython python(interpreter, kWorkload);
    EXPECT_GT(used_size_classes(python, tables), kSizeClasses / 2);
    const auto maxarenas =
        static_cast<std::uint32_t>(python.peek(tables.maxarenas + python.bias()));
    EXPECT_GE(maxarenas, 16U);
    EXPECT_LE(maxarenas, 4096U);
    EXPECT_GT(arenas_in_use(python, tables, maxarenas), 0U);
    expect_allocators_in_slots(python, tables);
    ++run;
  }
  EXPECT_GT(run, 0U) << "no CPython to run";
}

TEST(AllocatorTables, AreRefusedWhereThereIsNoPython) {
  EXPECT_THROW(find_allocator_tables(ElfImage::open("/proc/self/exe")), Error);
}

}  // namespace
}  // namespace tmbpf::test
