// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "symbols/allocator/new_reference_finder.h"
#include "symbols/allocator/new_reference_parts.h"
#include "symbols/allocator/track_sites.h"
#include "tests/unit/new_references/recycling_check.h"
#include "tests/unit/planner/file_bytes.h"
#include "tests/unit/planner/traced_python.h"
#include "util/error.h"

namespace tmbpf::test {

// Called by GoogleTest for the messages of tests with this parameter.
static void PrintTo(const Interpreter& interpreter, std::ostream* out) {
  *out << interpreter.image.string();
}

namespace {

namespace fs = std::filesystem;

class NewReferences : public ::testing::TestWithParam<Interpreter> {};

TEST_P(NewReferences, AreAllUnderstood) {
  const PlannedPython each(GetParam());
  const CodeIndex code = each.index();
  const NewReferencePlan plan = plan_new_references(code, each.tables, each.flag);
  for (const PlanCheck& check : check_new_references(code, plan)) {
    EXPECT_TRUE(check.passed) << check.name << ": " << check.detail;
    RecordProperty(check.name, check.detail);
  }
  const NewReferenceCounts& counts = plan.counts;
  EXPECT_EQ(counts.created + counts.destroyed + counts.function + counts.other, counts.tests);
  EXPECT_EQ(plan.sites.size() + plan.fresh.size(), counts.created + counts.calls);
  EXPECT_LT(plan.sites.size(), 400U);
}

TEST_P(NewReferences, SayWhereTheObjectIs) {
  const PlannedPython each(GetParam());
  const CodeIndex code = each.index();
  const NewReferencePlan plan = plan_new_references(code, each.tables, each.flag);
  std::set<std::uint64_t> seen;
  for (const ProbeSite& site : plan.sites) {
    EXPECT_EQ(site.site.op, TMBPF_OP_NEW_REFERENCE);
    EXPECT_EQ(site.attach, AttachKind::entry);
    EXPECT_NE(site.site.ptr.kind, TMBPF_OPERAND_NONE) << site.vaddr;
    EXPECT_LT(site.site.ptr.reg, 16);
    EXPECT_EQ(each.image.vaddr_of_offset(site.file_offset), site.vaddr);
    const auto instruction = code.at(site.vaddr);
    ASSERT_TRUE(instruction.has_value());
    const bool jcc = instruction->operation == Operation::conditional_jump;
    EXPECT_EQ(site.site.guarded != 0, jcc) << site.vaddr;
    EXPECT_TRUE(seen.insert(site.vaddr).second) << site.vaddr;
  }
}

// Where the names of static functions are still in the file. Objects/*object.c, Python/context.c.
TEST_P(NewReferences, AreProbedInFunctionsThatTakeFromAFreeList) {
  constexpr std::array<std::string_view, 17> kFunctions = {
      "PyFloat_FromDouble", "PyList_New",      "PyTuple_New",       "tuple_alloc",
      "PyDict_New",         "new_dict",        "PySlice_New",       "_PyBuildSlice_ConsumeRefs",
      "PyMethod_New",       "MemoryError_new", "get_memory_error",  "_PyAsyncGenValueWrapperNew",
      "async_gen_anext",    "async_gen_asend", "context_new_empty", "_PyFrame_New_NoTrack",
      "PyContext_New"};
  const PlannedPython each(GetParam());
  const CodeIndex code = each.index();
  const NewReferencePlan plan = plan_new_references(code, each.tables, each.flag);
  std::size_t functions = 0;
  for (const std::string_view name : kFunctions) {
    const auto function = each.image.symbol(name);
    const FunctionRange range =
        each.image.function_around(function.value_or(0)).value_or(FunctionRange{});
    const auto here = [&range](const ProbeSite& site) {
      return site.vaddr >= range.start && site.vaddr < range.end;
    };
    const auto probed = std::count_if(plan.sites.begin(), plan.sites.end(), here);
    const auto skipped = std::count_if(plan.fresh.begin(), plan.fresh.end(), here);
    EXPECT_TRUE(probed > 0 || skipped == 0) << name;
    functions += probed > 0 ? 1 : 0;
  }
  EXPECT_GE(functions, 3U);
}

TEST_P(NewReferences, AreLeftOutOnlyWhereTheAllocatorJustGaveTheObject) {
  if (GetParam().program.empty()) {
    GTEST_SKIP() << "an image without its program";
  }
  const PlannedPython each(GetParam());
  RecyclingCheck check(each, each.plan());
  check.run();
  EXPECT_GT(check.recycled(), 300U);
  EXPECT_GT(check.fresh(), 300U);
  RecordProperty("recycled", fmt::format("{}", check.recycled()));
  RecordProperty("fresh", fmt::format("{}", check.fresh()));
}

TEST_P(NewReferences, OfOtherDomainsAreProbedAtTheirEntry) {
  const PlannedPython each(GetParam());
  const TrackPlan plan = plan_track_sites(each.index());
  EXPECT_TRUE(plan.check.passed) << plan.check.detail;
  ASSERT_EQ(plan.sites.size(), 2U);
  for (const ProbeSite& site : plan.sites) {
    EXPECT_TRUE(is_emulated_at(each.image, site.vaddr));
    EXPECT_EQ(each.image.file_offset(site.vaddr), site.file_offset);
    EXPECT_EQ(site.site.guarded, 0);
  }
}

TEST_P(NewReferences, OfOtherDomainsCarryWhatWasPassed) {
  if (GetParam().program.empty()) {
    GTEST_SKIP() << "an image without its program";
  }
  const PlannedPython each(GetParam());
  const TrackPlan plan = plan_track_sites(each.index());
  TracedPython python(each.interpreter, kRecycle);
  std::map<std::uint64_t, tmbpf_site> sites;
  for (const ProbeSite& site : plan.sites) {
    sites[site.vaddr + python.bias()] = site.site;
    python.set_breakpoint(site.vaddr + python.bias());
  }
  std::vector<std::pair<int, std::uint32_t>> calls;
  while (const std::optional<std::uint64_t> address = python.run_to_breakpoint()) {
    const tmbpf_site& site = sites.at(*address);
    calls.emplace_back(site.op, static_cast<std::uint32_t>(python.value_of(site.nelem).value()));
    EXPECT_EQ(python.value_of(site.ptr), 0x123456789U);
    if (site.op == TMBPF_OP_TRACK) {
      EXPECT_EQ(python.value_of(site.size), 0x777700001U);
    }
    python.step_over(*address);
  }
  const std::vector<std::pair<int, std::uint32_t>> expected = {{TMBPF_OP_TRACK, 5},
                                                               {TMBPF_OP_UNTRACK, 5},
                                                               {TMBPF_OP_TRACK, 0xfffffff0},
                                                               {TMBPF_OP_UNTRACK, 0xfffffff0}};
  EXPECT_EQ(calls, expected);
}

TEST_P(NewReferences, SurviveDamagedImages) {
  const PlannedPython each(GetParam());
  std::string pattern = (fs::temp_directory_path() / "tmbpf-references-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const fs::path copy = fs::path(pattern) / "image";
  const std::vector<char> whole = read_bytes(each.interpreter.image);
  std::mt19937 random(313);
  for (const unsigned shift : {12U, 8U, 4U}) {
    std::vector<char> bytes = whole;
    for (std::size_t i = 0; i < bytes.size() >> shift; ++i) {
      bytes[4096 + random() % (bytes.size() - 8192)] = static_cast<char>(random());
    }
    write_bytes(copy, bytes);
    try {
      const ElfImage image = ElfImage::open(copy.string());
      CodeInterest interest;
      add_new_reference_interest(image, each.flag, interest);
      const NewReferencePlan plan =
          plan_new_references(CodeIndex(image, interest), each.tables, each.flag);
      EXPECT_LT(plan.sites.size(), 4000U);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  fs::remove_all(pattern);
}

INSTANTIATE_TEST_SUITE_P(EveryPython, NewReferences, ::testing::ValuesIn(pythons_to_plan()),
                         [](const auto& test) {
                           std::string name = test.param.image.string();
                           std::replace_if(
                               name.begin(), name.end(),
                               [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace tmbpf::test
