// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "symbols/allocator/new_reference_finder.h"
#include "symbols/allocator/plan_checks.h"

namespace tmbpf {
namespace {

std::vector<std::uint64_t> not_emulated(const CodeIndex& code, const NewReferencePlan& plan) {
  std::vector<std::uint64_t> failed;
  for (const ProbeSite& site : plan.sites) {
    if (!code.is_instruction(site.vaddr) || !is_emulated_at(code.image(), site.vaddr)) {
      failed.push_back(site.vaddr);
    }
  }
  return failed;
}

}  // namespace

std::vector<PlanCheck> check_new_references(const CodeIndex& code, const NewReferencePlan& plan) {
  const NewReferenceCounts& counts = plan.counts;
  PlanCheck understood = make_check(
      "every test of tracemalloc's flag is understood",
      fmt::format("{} tests: {} new references, {} deallocations, {} in _Py_NewReference, {} in "
                  "tracemalloc; {} untested reads",
                  counts.tests, counts.created, counts.destroyed, counts.function, counts.other,
                  counts.copies),
      plan.unclear);
  understood.passed = understood.passed && counts.tests > 0;
  PlanCheck reached =
      make_check("every new reference that may come from a free list is probed",
                 fmt::format("{} inlined, {} calls: {} sites, {} always after an allocation",
                             counts.created, counts.calls, plan.sites.size(), plan.fresh.size()),
                 plan.unusual);
  reached.passed = reached.passed && !plan.sites.empty();
  return {std::move(understood), std::move(reached),
          make_check("no other jump leads to a test's jump",
                     fmt::format("{} inlined", counts.created), plan.shared),
          make_check("every probed new reference is one that the kernel emulates",
                     fmt::format("{} sites", plan.sites.size()), not_emulated(code, plan))};
}

}  // namespace tmbpf
