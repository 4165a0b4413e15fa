// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/plan_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>

#include "symbols/allocator/arena_lookup.h"
#include "symbols/allocator/covered_code.h"
#include "symbols/allocator/function_references.h"
#include "symbols/allocator/pool_comparison.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxNamed = 5;  // of the addresses that failed

}  // namespace

PlanCheck make_check(std::string name, std::string figures,
                     const std::vector<std::uint64_t>& failed) {
  if (!failed.empty()) {
    figures += "; failed at";
    for (std::size_t i = 0; i < std::min(failed.size(), kMaxNamed); ++i) {
      figures += fmt::format(" {:#x}", failed[i]);
    }
    figures += failed.size() > kMaxNamed ? " ..." : "";
  }
  return {std::move(name), failed.empty(), std::move(figures)};
}

namespace {

PlanCheck check_slots(const SlotUses& uses) {
  PlanCheck check =
      make_check("every use of an allocator slot is understood",
                 fmt::format("{} loads ({} by pointer): {} guards, {} indirect calls, {} copies, "
                             "{} comparisons, {} unknown",
                             uses.loads, uses.by_pointer, uses.guards.size(), uses.indirect_calls,
                             uses.copies, uses.comparisons, uses.unclassified.size()),
                 uses.unclassified);
  check.passed = check.passed && uses.loads > 0;
  return check;
}

PlanCheck check_references(const CodeIndex& code, const AllocatorTables& tables,
                           const SlotUses& uses) {
  const FunctionReferences found = find_function_references(code, tables, uses.guards);
  PlanCheck check = make_check(
      "every mention of an inner function is understood",
      fmt::format("{} mentions: {} guards, {} calls, {} comparisons, {} stores, {} words of "
                  "tables, {} unknown",
                  found.all(), found.guards, found.calls, found.compared, found.stored,
                  found.in_tables, found.unknown.size()),
      found.unknown);
  check.passed = check.passed && found.in_tables > 0;
  return check;
}

PlanCheck check_operands(const SitePlan& plan) {
  return make_check("every inlined copy's arguments are found",
                    fmt::format("{} of {} guards are sites, {} choose no allocation, {} call the "
                                "function",
                                plan.guards.size(), plan.counts.guards, plan.counts.not_sites,
                                plan.counts.promoted),
                    plan.failures.operands);
}

std::vector<Guard> guards_of(const SitePlan& plan, std::initializer_list<tmbpf_op> ops) {
  std::vector<Guard> found;
  std::copy_if(plan.guards.begin(), plan.guards.end(), std::back_inserter(found),
               [ops](const Guard& guard) {
                 return guard.role.allocator == TMBPF_PYMALLOC &&
                        std::find(ops.begin(), ops.end(), guard.role.op) != ops.end();
               });
  return found;
}

PlanCheck check_covered(std::string name, const char* what, CoveredCode covered,
                        const std::vector<std::uint64_t>& places) {
  std::vector<std::uint64_t> failed;
  std::copy_if(places.begin(), places.end(), std::back_inserter(failed),
               [&covered](std::uint64_t place) { return !covered.covers(place); });
  PlanCheck check = make_check(
      std::move(name),
      fmt::format("{} of {} {}", places.size() - failed.size(), places.size(), what), failed);
  check.passed = check.passed && !places.empty();
  return check;
}

// With the refilling inlined a copy of pymalloc's malloc is told by how it looks for a pool.
PlanCheck check_pool_searches(const CodeIndex& code, const AllocatorTables& tables) {
  const auto known = find_pool_comparisons(code.image(), tables.pymalloc.malloc);
  std::vector<std::uint64_t> failed;
  std::size_t searches = 0;
  for (const FunctionRange& function : code.image().functions()) {
    for (const PoolComparison& each : find_pool_comparisons(code.image(), function)) {
      if (!known.empty() && each.list && each.list == known.front().list) {
        ++searches;
        const auto& inner = tables.refilling;
        if (std::ranges::find(inner, each.function) == inner.end()) {
          failed.push_back(each.function);
        }
      }
    }
  }
  PlanCheck check = make_check("every search for a pool is in an inner function",
                               fmt::format("{} searches", searches), failed);
  check.passed = check.passed && searches >= tables.refilling.size();
  return check;
}

// Every copy of pymalloc's malloc calls the refill function when its size class is empty.
PlanCheck check_refill_callers(const CodeIndex& code, const AllocatorTables& tables,
                               const SitePlan& plan) {
  if (tables.refill == 0) {
    return check_pool_searches(code, tables);
  }
  const CoveredCode covered(
      code, plan.guards, guards_of(plan, {TMBPF_OP_MALLOC, TMBPF_OP_CALLOC, TMBPF_OP_REALLOC}),
      {tables.pymalloc.malloc, tables.pymalloc.calloc, tables.pymalloc.realloc});
  return check_covered("every caller of the refill function is reached from a site", "callers",
                       covered, code.callers_of(tables.refill));
}

// The arenas' bookkeeping (arena_map_mark_used) is in what inner free and the refill function call;
// up to 3.11 the exported statistics read the same variables.
std::vector<std::uint64_t> arena_code(const CodeIndex& code, const AllocatorTables& tables) {
  std::vector<std::uint64_t> callers = tables.refilling;
  callers.push_back(tables.pymalloc.free);
  std::vector<std::uint64_t> found = callers;
  found.push_back(tables.pymalloc.realloc);
  for (const char* statistics : {"_Py_GetAllocatedBlocks", "_PyObject_DebugMallocStats"}) {
    if (const auto function = code.image().symbol(statistics)) {
      found.push_back(*function);
    }
  }
  for (const std::uint64_t function : callers) {
    const FunctionRange range = code.image().function_at(function);
    for (std::uint64_t at = range.start; at < range.end;) {
      const std::optional<Instruction> instruction = code.at(at);
      if (!instruction) {
        break;
      }
      if (instruction->operation == Operation::call) {
        found.push_back(instruction->target);
      }
      at = instruction->next();
    }
  }
  return found;
}

// Every copy of pymalloc's free asks whether the address is in an arena.
PlanCheck check_arena_lookups(const CodeIndex& code, const AllocatorTables& tables,
                              const SitePlan& plan) {
  const CoveredCode covered(code, plan.guards, guards_of(plan, {TMBPF_OP_FREE, TMBPF_OP_REALLOC}),
                            arena_code(code, tables));
  const std::optional<ArenaLookup> lookup = find_arena_lookup(code.image(), tables);
  return check_covered("every look-up of an arena is reached from a site", "look-ups", covered,
                       lookup ? arena_lookups(code, *lookup) : std::vector<std::uint64_t>());
}

PlanCheck check_results(const SitePlan& plan) {
  std::vector<std::uint64_t> failed = plan.failures.results;
  failed.insert(failed.end(), plan.failures.strays.begin(), plan.failures.strays.end());
  PlanCheck check =
      make_check("every raw request's result is caught",
                 fmt::format("{} calls and tail jumps into libc", plan.libc_calls), failed);
  check.passed = check.passed && plan.libc_calls > 0;
  return check;
}

PlanCheck check_instructions(const CodeIndex& code, const SitePlan& plan) {
  std::vector<std::uint64_t> failed;
  std::size_t stepped = 0;
  for (const ProbeSite& site : plan.sites) {
    const bool emulated = is_emulated_at(code.image(), site.vaddr);
    const bool allowed = emulated || site.site.op == TMBPF_OP_REFILL_RETURN;
    stepped += emulated ? 0 : 1;
    if (!code.is_instruction(site.vaddr) || !allowed ||
        code.image().file_offset(site.vaddr) != site.file_offset) {
      failed.push_back(site.vaddr);
    }
  }
  return make_check("every probed instruction is one that the kernel emulates",
                    fmt::format("{} sites, {} stepped (refill)", plan.sites.size(), stepped),
                    failed);
}

// Two entry probes at one instruction run in no defined order.
PlanCheck check_order(const std::vector<ProbeSite>& sites) {
  std::map<std::uint64_t, std::size_t> entries;
  for (const ProbeSite& site : sites) {
    entries[site.vaddr] += site.attach == AttachKind::entry ? 1 : 0;
  }
  std::vector<std::uint64_t> failed;
  for (const auto& [vaddr, count] : entries) {
    if (count > 1) {
      failed.push_back(vaddr);
    }
  }
  return make_check("no instruction means two operations",
                    fmt::format("{} instructions", entries.size()), failed);
}

PlanCheck check_size(const std::vector<ProbeSite>& sites) {
  return {"the plan fits the sites map", sites.size() <= TMBPF_MAX_SITES,
          fmt::format("{} of at most {} sites", sites.size(), +TMBPF_MAX_SITES)};
}

}  // namespace

std::vector<PlanCheck> check_plan(const CodeIndex& code, const AllocatorTables& tables,
                                  const SlotUses& uses, const SitePlan& plan) {
  return {
      check_slots(uses),
      check_references(code, tables, uses),
      check_operands(plan),
      make_check("no other jump leads to a guard's jump",
                 fmt::format("{} guards", plan.guards.size()), plan.failures.shared_jumps),
      check_refill_callers(code, tables, plan),
      check_arena_lookups(code, tables, plan),
      make_check("every inner function can be probed at its entry",
                 fmt::format("{} of {} functions", plan.counts.entries, all_roles(tables).size()),
                 plan.failures.entries),
      make_check("the return of what refills a size class can be probed",
                 fmt::format("{:#x}", fmt::join(tables.refilling, " ")), plan.failures.refill),
      check_results(plan),
      check_instructions(code, plan)};
}

void check_sites(ProbePlan& plan) {
  for (PlanCheck& check : std::vector{check_order(plan.sites), check_size(plan.sites)}) {
    const auto known = std::ranges::find(plan.checks, check.name, &PlanCheck::name);
    if (known == plan.checks.end()) {
      plan.checks.push_back(std::move(check));
    } else {
      *known = std::move(check);
    }
  }
}

}  // namespace tmbpf
