// SPDX-License-Identifier: Apache-2.0
// The searches behind the completeness checks, on real code: they find what they should, and miss
// it when a guard is taken away from them.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "symbols/allocator/arena_lookup.h"
#include "symbols/allocator/covered_code.h"
#include "symbols/allocator/function_references.h"
#include "symbols/allocator/got_slots.h"
#include "symbols/allocator/pool_comparison.h"
#include "symbols/allocator/probe_plan.h"
#include "tests/unit/planner/interpreters.h"

namespace tmbpf::test {
namespace {

// An interpreter's code, with all that the searches start from.
struct IndexedCode {
  explicit IndexedCode(const Interpreter& interpreter)
      : image(ElfImage::open(interpreter.image.string())),
        tables(find_allocator_tables(image)),
        code(image, allocator_interest(image, tables)),
        uses(find_slot_uses(code, tables)) {}

  ElfImage image;
  AllocatorTables tables;
  CodeIndex code;
  SlotUses uses;
};

std::vector<Guard> pymalloc_guards(const SlotUses& uses, tmbpf_op op) {
  std::vector<Guard> found;
  std::copy_if(uses.guards.begin(), uses.guards.end(), std::back_inserter(found),
               [op](const Guard& guard) {
                 return guard.role.allocator == TMBPF_PYMALLOC && guard.role.op == op;
               });
  return found;
}

// Which of the places each guard covers, were it the only one.
std::vector<std::set<std::uint64_t>> covered_by(const IndexedCode& each,
                                                const std::vector<Guard>& guards,
                                                const std::vector<std::uint64_t>& places) {
  std::vector<std::set<std::uint64_t>> found;
  for (const Guard& guard : guards) {
    CoveredCode alone(each.code, each.uses.guards, {guard}, {});
    std::set<std::uint64_t>& covered = found.emplace_back();
    std::copy_if(places.begin(), places.end(), std::inserter(covered, covered.end()),
                 [&alone](std::uint64_t place) { return alone.covers(place); });
  }
  return found;
}

// How many guards are the only ones to cover some place: forgetting one of them fails the check.
std::size_t count_indispensable(const std::vector<std::set<std::uint64_t>>& covered) {
  std::map<std::uint64_t, std::size_t> times;
  for (const auto& places : covered) {
    for (const std::uint64_t place : places) {
      ++times[place];
    }
  }
  return static_cast<std::size_t>(
      std::count_if(covered.begin(), covered.end(), [&times](const auto& places) {
        return std::any_of(places.begin(), places.end(),
                           [&times](std::uint64_t place) { return times[place] == 1; });
      }));
}

std::vector<std::uint64_t> lookups_of(const IndexedCode& each) {
  const auto lookup = find_arena_lookup(each.image, each.tables);
  return lookup ? arena_lookups(each.code, *lookup) : std::vector<std::uint64_t>();
}

class CompletenessTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_FALSE(find_interpreters().empty()) << "no CPython"; }
};

TEST_F(CompletenessTest, ForgettingAnInlinedFreeIsNoticed) {
  for (const Interpreter& interpreter : find_interpreters()) {
    SCOPED_TRACE(name_of(interpreter));
    const IndexedCode each(interpreter);
    const auto lookups = lookups_of(each);
    ASSERT_GE(lookups.size(), 2U) << "inner free and realloc";
    const auto guards = pymalloc_guards(each.uses, TMBPF_OP_FREE);
    const auto covered = covered_by(each, guards, lookups);
    // Where two copies stand side by side, one guard's walk runs into the other's look-up.
    EXPECT_GE(count_indispensable(covered) * 2, guards.size());
  }
}

TEST_F(CompletenessTest, ForgettingAnInlinedMallocIsNoticed) {
  for (const Interpreter& interpreter : find_interpreters()) {
    SCOPED_TRACE(name_of(interpreter));
    const IndexedCode each(interpreter);
    const auto callers = each.code.callers_of(each.tables.refill);
    ASSERT_GE(callers.size(), 2U) << "malloc and calloc";
    const auto guards = pymalloc_guards(each.uses, TMBPF_OP_MALLOC);
    const auto covered = covered_by(each, guards, callers);
    // Large constant sizes never refill, and copies in one function share their call.
    EXPECT_GE(count_indispensable(covered) * 3, guards.size());
  }
}

// PyMem_RawMalloc and the like call through the slots wherever those are.
TEST_F(CompletenessTest, SlotsAreReachedByTheirAddressOrThroughAPointer) {
  for (const Interpreter& interpreter : find_interpreters()) {
    SCOPED_TRACE(name_of(interpreter));
    const IndexedCode each(interpreter);
    const SlotHolder holder = find_slot_holder(each.image, each.tables);
    EXPECT_GE(each.uses.loads, 12U) << "four functions of three domains";
    EXPECT_TRUE(each.uses.unclassified.empty());
    const bool shared = interpreter.image.string().find(".so") != std::string::npos;
    EXPECT_EQ(each.uses.by_pointer > 0, holder.start != 0 && shared);
    for (const CodeReference& use : find_pointer_uses(each.code, each.tables, holder)) {
      EXPECT_TRUE(is_in_slots(each.tables, use.value));
      EXPECT_TRUE(each.code.is_instruction(use.instruction));
    }
  }
}

TEST_F(CompletenessTest, AComparisonWithoutItsGuardIsAnUnknownMention) {
  for (const Interpreter& interpreter : find_interpreters()) {
    SCOPED_TRACE(name_of(interpreter));
    const IndexedCode each(interpreter);
    const FunctionReferences known =
        find_function_references(each.code, each.tables, each.uses.guards);
    EXPECT_TRUE(known.unknown.empty());
    EXPECT_GE(known.in_tables, 24U) << "three live structs, three inside the debug allocators";
    EXPECT_EQ(known.guards, each.uses.guards.size());
    const FunctionReferences forgotten = find_function_references(each.code, each.tables, {});
    EXPECT_EQ(forgotten.guards, 0U);
    EXPECT_EQ(forgotten.all(), known.all());
    EXPECT_EQ(forgotten.unknown.empty(), each.uses.guards.empty());
  }
}

TEST_F(CompletenessTest, TheSizeClassesAreReadFromOnePlace) {
  for (const Interpreter& interpreter : find_interpreters()) {
    SCOPED_TRACE(name_of(interpreter));
    const IndexedCode each(interpreter);
    const auto in_malloc = find_pool_comparisons(each.image, each.tables.pymalloc.malloc);
    const auto in_calloc = find_pool_comparisons(each.image, each.tables.pymalloc.calloc);
    ASSERT_FALSE(in_malloc.empty());
    ASSERT_FALSE(in_calloc.empty());
    ASSERT_TRUE(in_malloc.front().list);
    EXPECT_EQ(in_malloc.front().list, in_calloc.front().list);
    if (in_malloc.front().list->global) {
      EXPECT_EQ(in_malloc.front().list->global, each.tables.usedpools);
    } else {
      EXPECT_EQ(each.tables.arenas, each.tables.usedpools + 0x200) << "struct _obmalloc_state";
    }
  }
}

}  // namespace
}  // namespace tmbpf::test
