// SPDX-License-Identifier: Apache-2.0
// The static proof that a plan sees every allocation, as a list of named checks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"
#include "symbols/allocator/probe_plan.h"
#include "symbols/allocator/site_planner.h"

namespace tmbpf {

std::vector<PlanCheck> check_plan(const CodeIndex& code, const AllocatorTables& tables,
                                  const SlotUses& uses, const SitePlan& plan);

// The checks of the list of sites as a whole; to be called again when sites were added.
void check_sites(ProbePlan& plan);

// Passed when nothing failed; otherwise the figures name the first few addresses.
PlanCheck make_check(std::string name, std::string figures,
                     const std::vector<std::uint64_t>& failed);

}  // namespace tmbpf
