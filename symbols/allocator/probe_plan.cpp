// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/probe_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "symbols/allocator/arena_lookup.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/function_references.h"
#include "symbols/allocator/got_slots.h"
#include "symbols/allocator/guard_finder.h"
#include "symbols/allocator/plan_checks.h"
#include "symbols/allocator/site_planner.h"
#include "util/error.h"

namespace tmbpf {

bool ProbePlan::complete() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const PlanCheck& check) { return check.passed; });
}

CodeInterest allocator_interest(const ElfImage& image, const AllocatorTables& tables) {
  CodeInterest interest;
  for (const auto* slots : {&tables.pymalloc_slots, &tables.raw_slots}) {
    for (const std::uint64_t slot : *slots) {
      interest.data.push_back({slot, kAllocatorSize});
    }
  }
  for (const FunctionRole& role : all_roles(tables)) {
    interest.data.push_back({role.function, 1});
    interest.functions.push_back(role.function);
  }
  if (tables.refill != 0) {
    interest.functions.push_back(tables.refill);
  }
  if (const std::optional<ArenaLookup> lookup = find_arena_lookup(image, tables)) {
    if (lookup->global != 0) {
      interest.data.push_back({lookup->global, 1});
    }
    if (lookup->field) {
      interest.fields.push_back({static_cast<std::uint64_t>(*lookup->field), 1});
    }
  }
  add_interest(image, tables, interest);
  add_interest(find_slot_holder(image, tables), tables, interest);
  return interest;
}

ProbePlan make_probe_plan(const ElfImage& image, const AllocatorTables& tables) {
  return make_probe_plan(CodeIndex(image, allocator_interest(image, tables)), tables);
}

ProbePlan make_probe_plan(const CodeIndex& code, const AllocatorTables& tables) {
  const SlotUses uses = find_slot_uses(code, tables);
  SitePlan sites = plan_sites(code, tables, uses);
  if (sites.counts.entries == 0) {
    throw Error(fmt::format("{}: no allocator function can be probed", code.image().path()));
  }
  ProbePlan plan;
  plan.checks = check_plan(code, tables, uses, sites);
  plan.counts = sites.counts;
  plan.sites = std::move(sites.sites);
  check_sites(plan);
  return plan;
}

}  // namespace tmbpf
