// SPDX-License-Identifier: Apache-2.0
// The plan's operands against a running interpreter: at a guard the child is sent down the cold
// edge, so that the live function receives the arguments in the ABI's registers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "symbols/allocator/function_role.h"
#include "symbols/allocator/instruction.h"
#include "symbols/allocator/probe_plan.h"
#include "tests/unit/planner/interpreters.h"
#include "tests/unit/planner/traced_python.h"
#include "tests/unit/planner/workload.h"

namespace tmbpf::test {
namespace {

constexpr int kHitsPerSite = 4;
// Without inlined copies every allocation passes an entry: enough is enough.
constexpr int kHitsPerEntry = 1000;
constexpr std::uint64_t kZeroFlag = 0x40;

struct Expected {
  std::uint64_t from = 0;  // the site
  FunctionRole role;
  std::optional<std::uint64_t> rsi;
  std::optional<std::uint64_t> rdx;
};

// What the inner function must receive, by the site's operands.
Expected expected_arguments(const TracedPython& python, const tmbpf_site& site) {
  Expected expected;
  const bool pointer_first = site.op == TMBPF_OP_REALLOC || site.op == TMBPF_OP_FREE;
  const tmbpf_operand& first =
      pointer_first ? site.ptr : (site.op == TMBPF_OP_CALLOC ? site.nelem : site.size);
  expected.rsi = python.value_of(first);
  if (site.op == TMBPF_OP_CALLOC || site.op == TMBPF_OP_REALLOC) {
    expected.rdx = python.value_of(site.size);
  }
  return expected;
}

class OperandCheck {
 public:
  OperandCheck(const Interpreter& interpreter, const AllocatorTables& tables, const ProbePlan& plan,
               const ElfImage& image)
      : python_(interpreter, kWorkload), tables_(tables), image_(image) {
    for (const ProbeSite& site : plan.sites) {
      if (site.attach == AttachKind::entry && site.site.op <= TMBPF_OP_FREE) {
        (site.site.guarded != 0 ? guards_ : entries_)[site.vaddr] = site.site;
        python_.set_breakpoint(site.vaddr + python_.bias());
      }
    }
    for (const FunctionRole& role : all_roles(tables)) {
      python_.set_breakpoint(role.function + python_.bias());
    }
  }

  void run() {
    while (const std::optional<std::uint64_t> address = python_.run_to_breakpoint()) {
      const std::uint64_t vaddr = *address - python_.bias();
      const auto guard = guards_.find(vaddr);
      if (guard != guards_.end()) {
        at_guard(guard->first, guard->second);
        continue;
      }
      if (const auto role = role_of_function(tables_, vaddr)) {
        at_function(*role);
      }
      const auto entry = entries_.find(vaddr);
      if (entry != entries_.end()) {
        at_entry(entry->first, entry->second);
      }
      python_.step_over(*address);
    }
    EXPECT_EQ(python_.exit_status(), 0);
  }

  [[nodiscard]] std::size_t guards_seen() const { return guards_seen_.size(); }
  [[nodiscard]] std::size_t entries_seen() const { return entries_seen_.size(); }
  [[nodiscard]] const std::set<std::pair<int, int>>& kinds_seen() const { return kinds_seen_; }

 private:
  void at_guard(std::uint64_t vaddr, const tmbpf_site& site) {
    user_regs_struct registers = python_.registers();
    ASSERT_FALSE(pending_) << fmt::format("{:#x} called no allocator function", pending_->from);
    ASSERT_NE(registers.eflags & kZeroFlag, 0U) << fmt::format("{:#x} without hooks", vaddr);
    Expected expected = expected_arguments(python_, site);
    expected.from = vaddr;
    expected.role.op = static_cast<tmbpf_op>(site.op);
    expected.role.allocator = static_cast<tmbpf_allocator>(site.allocator);
    pending_ = expected;
    const auto jump = decode_instruction(image_.bytes_at(vaddr, 15), vaddr);
    ASSERT_TRUE(jump && (jump->jumps_if_equal || jump->jumps_if_not_equal));
    registers.rip = (jump->jumps_if_equal ? jump->next() : jump->target) + python_.bias();
    python_.set_registers(registers);
    guards_seen_.insert(vaddr);
    kinds_seen_.emplace(site.allocator, site.op);
    if (++hits_[vaddr] == kHitsPerSite) {
      python_.clear_breakpoint(vaddr + python_.bias());
    }
  }

  void at_function(const FunctionRole& role) {
    const user_regs_struct registers = python_.registers();
    entered_ = {role.function, role, registers.rsi, registers.rdx};
    if (!pending_) {
      return;
    }
    const std::string where = fmt::format("guard {:#x}", pending_->from);
    EXPECT_EQ(pending_->role.allocator, role.allocator) << where;
    if (pending_->role.op == TMBPF_OP_CALLOC && role.op == TMBPF_OP_MALLOC) {
      EXPECT_EQ(*pending_->rsi * *pending_->rdx, registers.rsi) << where << ": a product";
    } else {
      EXPECT_EQ(pending_->role.op, role.op) << where;
      EXPECT_EQ(pending_->rsi, registers.rsi) << where;
      if (pending_->rdx) {
        EXPECT_EQ(pending_->rdx, registers.rdx) << where;
      }
    }
    pending_.reset();
  }

  void at_entry(std::uint64_t vaddr, const tmbpf_site& site) {
    const std::string where = fmt::format("entry {:#x}", vaddr);
    ASSERT_TRUE(entered_) << where << " reached twice for one call, or from elsewhere";
    EXPECT_EQ(entered_->role.op, site.op) << where;
    EXPECT_EQ(entered_->role.allocator, site.allocator) << where;
    const Expected expected = expected_arguments(python_, site);
    EXPECT_EQ(expected.rsi, entered_->rsi) << where;
    if (expected.rdx) {
      EXPECT_EQ(expected.rdx, entered_->rdx) << where;
    }
    entries_seen_.insert(vaddr);
    kinds_seen_.emplace(site.allocator, site.op);
    if (++hits_[vaddr] >= kHitsPerEntry && guards_.empty()) {
      python_.clear_breakpoint(vaddr + python_.bias());
      python_.clear_breakpoint(entered_->role.function + python_.bias());
    }
    entered_.reset();
  }

  TracedPython python_;
  const AllocatorTables& tables_;
  const ElfImage& image_;
  std::map<std::uint64_t, tmbpf_site> guards_;
  std::map<std::uint64_t, tmbpf_site> entries_;
  std::optional<Expected> pending_;  // a guard was forced, its function is awaited
  std::optional<Expected> entered_;  // a function was entered, its entry site is awaited
  std::map<std::uint64_t, int> hits_;
  std::set<std::uint64_t> guards_seen_;
  std::set<std::uint64_t> entries_seen_;
  std::set<std::pair<int, int>> kinds_seen_;
};

TEST(AllocatorOperands, AreWhereTheLiveFunctionReceivesThem) {
  std::size_t run = 0;
  for (const Interpreter& interpreter : find_interpreters()) {
    if (interpreter.program.empty()) {
      continue;  // a library that nothing on this machine runs
    }
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    const AllocatorTables tables = find_allocator_tables(image);
    const ProbePlan plan = make_probe_plan(image, tables);
    OperandCheck check(interpreter, tables, plan, image);
    check.run();
    ++run;
    EXPECT_EQ(check.entries_seen(), plan.counts.entries);
    EXPECT_EQ(check.kinds_seen().size(), all_roles(tables).size());
    if (plan.counts.guards > 0) {
      EXPECT_GE(check.guards_seen(), 150U);
    }
    RecordProperty(fmt::format("guards_{}", run), fmt::format("{}", check.guards_seen()));
    if (HasFailure()) {
      break;
    }
  }
  EXPECT_GT(run, 0U) << "no CPython to run";
}

}  // namespace
}  // namespace tmbpf::test
