// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/allocator_tables.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/planner/interpreters.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

TEST(AllocatorTables, AreCompleteInEveryInterpreter) {
  const auto interpreters = find_interpreters();
  ASSERT_FALSE(interpreters.empty()) << "no CPython 3.11 on this machine";
  for (const Interpreter& interpreter : interpreters) {
    SCOPED_TRACE(name_of(interpreter));
    const AllocatorTables tables =
        find_allocator_tables(ElfImage::open(interpreter.image.string()));
    const std::set<std::uint64_t> all{
        tables.pymalloc.malloc, tables.pymalloc.calloc, tables.pymalloc.realloc,
        tables.pymalloc.free,   tables.raw.malloc,      tables.raw.calloc,
        tables.raw.realloc,     tables.raw.free,        tables.usedpools,
        tables.arenas,          tables.maxarenas,       tables.raw_allocated_blocks,
        tables.refill};
    EXPECT_EQ(all.size(), 13U) << "all different";
    EXPECT_FALSE(all.contains(0));
    EXPECT_EQ(tables.pymalloc_slots.size(), 2U);  // mem and object
    EXPECT_EQ(tables.raw_slots.size(), 1U);
  }
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
    EXPECT_EQ(tables.refill, image.symbol("allocate_from_new_pool"));
    EXPECT_EQ(tables.usedpools, image.symbol("usedpools"));
    EXPECT_EQ(tables.arenas, image.symbol("arenas"));
    EXPECT_EQ(tables.maxarenas, image.symbol("maxarenas"));
    EXPECT_EQ(tables.raw_allocated_blocks, image.symbol("raw_allocated_blocks"));
    EXPECT_EQ(tables.raw_slots.front(), image.symbol("_PyMem_Raw"));
  }
}

TEST(AllocatorTables, AreRefusedWhereThereIsNoPython) {
  EXPECT_THROW(find_allocator_tables(ElfImage::open("/proc/self/exe")), Error);
}

}  // namespace
}  // namespace tmbpf::test
