// SPDX-License-Identifier: Apache-2.0
// The raw domain's protocol against a running interpreter: each request is followed by exactly one
// result or return site, and the result is what libc returned.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/probe_plan.h"
#include "tests/unit/planner/interpreters.h"
#include "tests/unit/planner/traced_python.h"
#include "tests/unit/planner/workload.h"

namespace tmbpf::test {
namespace {

constexpr std::uint64_t kZeroFlag = 0x40;
constexpr std::uint64_t kStubStep = 8;
constexpr std::array<std::string_view, 3> kAllocations{"malloc", "calloc", "realloc"};

// PLT stubs of libc's allocation functions.
std::vector<std::uint64_t> allocation_stubs(const ElfImage& image) {
  std::vector<std::uint64_t> found;
  for (const ElfSection& section : image.sections()) {
    for (std::uint64_t at = 0; section.name.starts_with(".plt") && at < section.size;
         at += kStubStep) {
      const auto name = image.plt_target(section.vaddr + at);
      if (name &&
          std::find(kAllocations.begin(), kAllocations.end(), *name) != kAllocations.end()) {
        found.push_back(section.vaddr + at);
      }
    }
  }
  return found;
}

// The instructions after every direct call of libc's allocation functions, raw domain's or not.
std::set<std::uint64_t> return_addresses(const ElfImage& image) {
  const CodeIndex code(image, {.data = {}, .functions = allocation_stubs(image)});
  std::set<std::uint64_t> found;
  for (const CodeReference& call : code.calls()) {
    const auto instruction = code.at(call.instruction);
    if (instruction && instruction->operation == Operation::call) {
      found.insert(instruction->next());
    }
  }
  return found;
}

class ResultCheck {
 public:
  ResultCheck(const Interpreter& interpreter, const ProbePlan& plan, const ElfImage& image)
      : python_(interpreter, kWorkload), plan_(plan), returns_(return_addresses(image)) {
    for (const ProbeSite& site : plan_.sites) {
      const bool wanted = site.site.allocator == TMBPF_RAW && site.site.op != TMBPF_OP_FREE;
      if (wanted) {
        sites_.emplace(site.vaddr, &site);
        python_.set_breakpoint(site.vaddr + python_.bias());
      }
    }
    for (const std::uint64_t address : returns_) {
      python_.set_breakpoint(address + python_.bias());
    }
  }

  void run() {
    while (const std::optional<std::uint64_t> address = python_.run_to_breakpoint()) {
      const std::uint64_t vaddr = *address - python_.bias();
      if (returns_.contains(vaddr)) {
        returned_ = python_.registers().rax;
      }
      // A result ends the earlier request before the same instruction begins or ends another.
      for (const bool results : {true, false}) {
        const auto [first, last] = sites_.equal_range(vaddr);
        for (auto site = first; site != last; ++site) {
          if ((site->second->site.op == TMBPF_OP_RESULT) == results) {
            at_site(*site->second);
          }
        }
      }
      python_.step_over(*address);
    }
    EXPECT_EQ(python_.exit_status(), 0);
  }

  [[nodiscard]] std::size_t requests() const { return requests_; }
  [[nodiscard]] std::size_t results() const { return results_; }
  [[nodiscard]] std::size_t results_seen() const { return results_seen_.size(); }

 private:
  void at_site(const ProbeSite& site) {
    const std::string where = fmt::format("site {:#x}", site.vaddr);
    if (site.site.op == TMBPF_OP_RESULT) {
      if (pending_) {  // else the call behind the cold edge joins here: not a raw request's
        ASSERT_TRUE(returned_) << where << " without a call into libc";
        EXPECT_EQ(python_.value_of(site.site.ptr), returned_) << where;
        results_seen_.insert(site.vaddr);
        ++results_;
      }
      pending_.reset();
    } else if (site.site.op == TMBPF_OP_RAW_RETURN) {
      results_ += pending_ ? 1 : 0;
      pending_.reset();
    } else if (site.site.guarded == 0 || (python_.registers().eflags & kZeroFlag) != 0) {
      ASSERT_FALSE(pending_) << fmt::format("{:#x} has no result before {}", *pending_, where);
      pending_ = site.vaddr;
      returned_.reset();
      ++requests_;
    }
  }

  TracedPython python_;
  const ProbePlan& plan_;
  std::set<std::uint64_t> returns_;
  // Entry sites come before return sites of the same instruction, as the kernel runs them.
  std::multimap<std::uint64_t, const ProbeSite*> sites_;
  std::optional<std::uint64_t> pending_;
  std::optional<std::uint64_t> returned_;
  std::size_t requests_ = 0;
  std::size_t results_ = 0;
  std::set<std::uint64_t> results_seen_;
};

TEST(AllocatorResults, FollowEveryRawRequestOnceWithWhatLibcReturned) {
  std::size_t run = 0;
  for (const Interpreter& interpreter : find_interpreters()) {
    if (interpreter.program.empty()) {
      continue;  // a library that nothing on this machine runs
    }
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    const ProbePlan plan = make_probe_plan(image, find_allocator_tables(image));
    ResultCheck check(interpreter, plan, image);
    check.run();
    ++run;
    EXPECT_GT(check.requests(), 300U);
    EXPECT_EQ(check.results(), check.requests());
    if (plan.counts.guards > 0) {
      EXPECT_GE(check.results_seen(), 20U);
    }
    RecordProperty(fmt::format("requests_{}", run), fmt::format("{}", check.requests()));
    RecordProperty(fmt::format("sites_{}", run), fmt::format("{}", check.results_seen()));
  }
  EXPECT_GT(run, 0U) << "no CPython to run";
}

}  // namespace
}  // namespace tmbpf::test
