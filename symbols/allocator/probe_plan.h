// SPDX-License-Identifier: Apache-2.0
// Which instructions to probe so that every allocation of an image is seen, and the proof.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/emulated_instruction.h"
#include "symbols/elf/elf_image.h"

namespace tmbpf {

enum class AttachKind : std::uint8_t {
  entry,            // uprobe: runs before the instruction
  function_return,  // uretprobe: the instruction is a function's first, or a tail jump
};

struct ProbeSite {
  std::uint64_t vaddr = 0;        // of the probed instruction
  std::uint64_t file_offset = 0;  // of the probed instruction
  AttachKind attach = AttachKind::entry;
  tmbpf_site site{};
};

// One static completeness check: what was expected, what was found.
struct PlanCheck {
  std::string name;
  bool passed = false;
  std::string detail;  // figures, and the vaddrs that failed (at most a few)
};

// How many of each kind were found, for `tmbpf check` and the tests.
struct PlanCounts {
  std::size_t guards = 0;     // comparisons of a slot with an inner function
  std::size_t not_sites = 0;  // guards that turned out not to allocate
  std::size_t promoted = 0;   // guards whose hot edge calls the inner function: its entry sees it
  std::size_t malloc_sites[2]{};  // inlined copies, by enum tmbpf_allocator
  std::size_t calloc_sites[2]{};
  std::size_t realloc_sites[2]{};
  std::size_t free_sites[2]{};
  std::size_t entries = 0;  // probes at inner functions
  std::size_t results = 0;  // instructions after a call into libc
  std::size_t returns = 0;  // return probes (refill, tail jumps)
  std::size_t owners = 0;   // new references that may come from a free list
};

struct ProbePlan {
  std::vector<ProbeSite> sites;
  std::vector<PlanCheck> checks;
  PlanCounts counts;
  [[nodiscard]] bool complete() const;  // every check passed
};

// Throws Error when the image cannot be planned at all; failed checks are in the plan.
ProbePlan make_probe_plan(const ElfImage& image, const AllocatorTables& tables);

// The same with an index that others share: it must have been asked for allocator_interest().
ProbePlan make_probe_plan(const CodeIndex& code, const AllocatorTables& tables);
CodeInterest allocator_interest(const ElfImage& image, const AllocatorTables& tables);

}  // namespace tmbpf
