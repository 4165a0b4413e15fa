// SPDX-License-Identifier: Apache-2.0
// The static proof that a plan sees every allocation, as a list of named checks.
#pragma once

#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"
#include "symbols/allocator/probe_plan.h"
#include "symbols/allocator/site_planner.h"

namespace tmbpf {

std::vector<PlanCheck> check_plan(const CodeIndex& code, const AllocatorTables& tables,
                                  const SlotUses& uses, const SitePlan& plan);

}  // namespace tmbpf
