// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/plan_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "symbols/allocator/refill_callers.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxNamed = 5;

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

PlanCheck check_slots(const SlotUses& uses) {
  return make_check("every use of an allocator slot is understood",
                    fmt::format("{} loads: {} guards, {} indirect calls, {} copies, "
                                "{} comparisons, {} unknown",
                                uses.loads, uses.guards.size(), uses.indirect_calls, uses.copies,
                                uses.comparisons, uses.unclassified.size()),
                    uses.unclassified);
}

PlanCheck check_operands(const SitePlan& plan) {
  return make_check("every inlined copy's arguments are found",
                    fmt::format("{} of {} guards are sites, {} choose no allocation, {} call the "
                                "function",
                                plan.guards.size(), plan.counts.guards, plan.counts.not_sites,
                                plan.counts.promoted),
                    plan.failures.operands);
}

PlanCheck check_refill_callers(const CodeIndex& code, const AllocatorTables& tables,
                               const SitePlan& plan) {
  const RefillCallers callers = find_refill_callers(code, tables, plan.guards);
  PlanCheck check = make_check(
      "every caller of the refill function is reached from a site",
      fmt::format("{} of {} callers", callers.all - callers.unreached.size(), callers.all),
      callers.unreached);
  check.passed = check.passed && callers.all > 0;
  return check;
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
  for (const ProbeSite& site : plan.sites) {
    if (!code.is_instruction(site.vaddr) || !is_emulated_at(code.image(), site.vaddr) ||
        code.image().file_offset(site.vaddr) != site.file_offset) {
      failed.push_back(site.vaddr);
    }
  }
  return make_check("every probed instruction is one that the kernel emulates",
                    fmt::format("{} sites", plan.sites.size()), failed);
}

// Two entry probes at one instruction run in no defined order.
PlanCheck check_order(const SitePlan& plan) {
  std::map<std::uint64_t, std::size_t> entries;
  for (const ProbeSite& site : plan.sites) {
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

PlanCheck check_size(const SitePlan& plan) {
  return {"the plan fits the sites map", plan.sites.size() <= TMBPF_MAX_SITES,
          fmt::format("{} of at most {} sites", plan.sites.size(), +TMBPF_MAX_SITES)};
}

}  // namespace

std::vector<PlanCheck> check_plan(const CodeIndex& code, const AllocatorTables& tables,
                                  const SlotUses& uses, const SitePlan& plan) {
  return {
      check_slots(uses),
      check_operands(plan),
      make_check("no other jump leads to a guard's jump",
                 fmt::format("{} guards", plan.guards.size()), plan.failures.shared_jumps),
      check_refill_callers(code, tables, plan),
      make_check("every inner function can be probed at its entry",
                 fmt::format("{} of {} functions", plan.counts.entries, all_roles(tables).size()),
                 plan.failures.entries),
      make_check("the refill function's return can be probed", fmt::format("{:#x}", tables.refill),
                 plan.failures.refill),
      check_results(plan),
      check_instructions(code, plan),
      check_order(plan),
      check_size(plan)};
}

}  // namespace tmbpf
