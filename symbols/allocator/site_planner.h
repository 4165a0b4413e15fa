// SPDX-License-Identifier: Apache-2.0
// Turns guards and inner functions into probe sites, and keeps what the checks need.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"
#include "symbols/allocator/probe_plan.h"

namespace tmbpf {

// Instructions at which planning failed, by what failed.
struct PlanFailures {
  std::vector<std::uint64_t> operands;      // guards whose arguments cannot be told
  std::vector<std::uint64_t> shared_jumps;  // guards' jumps that other jumps lead to
  std::vector<std::uint64_t> entries;       // inner functions without a place for a probe
  std::vector<std::uint64_t> results;       // libc calls whose result cannot be caught
  std::vector<std::uint64_t> strays;        // paths from a raw request that reach no libc call
  std::vector<std::uint64_t> refill;        // refill function without a place for a return probe
};

struct SitePlan {
  std::vector<ProbeSite> sites;
  PlanCounts counts;
  PlanFailures failures;
  std::vector<Guard> guards;   // those that became sites
  std::size_t libc_calls = 0;  // calls and tail jumps reached from raw requests
};

SitePlan plan_sites(const CodeIndex& code, const AllocatorTables& tables, const SlotUses& uses);

}  // namespace tmbpf
