// SPDX-License-Identifier: Apache-2.0
// Where other domains' blocks are announced: the entries of PyTraceMalloc_Track(unsigned domain,
// uintptr_t ptr, size_t size) and PyTraceMalloc_Untrack(unsigned domain, uintptr_t ptr), which
// NumPy and others call.
//
// Source: Modules/_tracemalloc.c (3.8 to 3.12), Python/tracemalloc.c (3.13 to 3.15). Both are
// exported, nothing in CPython calls them, and both return early when tracemalloc is off: the
// probes lie at or before that decision, so that every call passes them once.
#pragma once

#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/probe_plan.h"

namespace tmbpf {

struct TrackPlan {
  std::vector<ProbeSite> sites;  // TMBPF_OP_TRACK and TMBPF_OP_UNTRACK; sorted by vaddr
  PlanCheck check;
};

// The domain (nelem) is an unsigned int: only the low 32 bits of its register count.
TrackPlan plan_track_sites(const CodeIndex& code);

}  // namespace tmbpf
