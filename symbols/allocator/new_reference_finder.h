// SPDX-License-Identifier: Apache-2.0
// Where CPython makes a new reference to an object that may come from a free list: tracemalloc
// gives such an object its new owner's line, so it is probed there (TMBPF_OP_NEW_REFERENCE).
//
// Sources: _Py_NewReference in Include/object.h of 3.8 and Objects/object.c of 3.9 to 3.15. It is
// inlined (a test of tracemalloc's flag) or called; both are probed, except where data flow
// proves that the object comes from the allocator on every path. Calls from other files (extension
// modules with free lists of their own) are not seen: a probe inside _Py_NewReference would be hit
// by every new object of a build that does not inline it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/new_reference_flag.h"
#include "symbols/allocator/probe_plan.h"

namespace tmbpf {

struct NewReferenceCounts {
  std::size_t tests = 0;      // of the flag; each is one of:
  std::size_t created = 0;    //   a new reference
  std::size_t destroyed = 0;  //   a deallocation (3.13+)
  std::size_t function = 0;   //   inside _Py_NewReference itself
  std::size_t other = 0;      //   a reader in tracemalloc.c
  std::size_t calls = 0;      // of _Py_NewReference
  std::size_t copies = 0;     // reads of the flag that no test follows: PyRefTracer_GetTracer
  std::size_t foreign = 0;    // reads of other structs' fields at the flag's offset
};

struct NewReferencePlan {
  std::vector<ProbeSite> sites;  // sorted by vaddr
  // Not probed, because the object always comes from the allocator; sorted by vaddr.
  std::vector<ProbeSite> fresh;
  NewReferenceCounts counts;
  // Instructions at which planning failed:
  std::vector<std::uint64_t> unclear;  // tests whose object or event cannot be told
  std::vector<std::uint64_t> shared;   // tests' jumps that other jumps lead to
  std::vector<std::uint64_t> unusual;  // calls of _Py_NewReference that are no plain call or jump
};

// What plan_new_references needs in a CodeIndex's interest.
void add_new_reference_interest(const ElfImage& image, const TracingFlag& flag,
                                CodeInterest& interest);

// `tables` may be empty: then more sites are planned than necessary.
NewReferencePlan plan_new_references(const CodeIndex& code, const AllocatorTables& tables,
                                     const TracingFlag& flag);

std::vector<PlanCheck> check_new_references(const CodeIndex& code, const NewReferencePlan& plan);

}  // namespace tmbpf
