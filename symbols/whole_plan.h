// SPDX-License-Identifier: Apache-2.0
// Every probe site of an interpreter: its allocator's, and those where blocks change owner.
#pragma once

#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/probe_plan.h"
#include "symbols/elf/elf_image.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

struct WholePlan {
  ProbePlan probes;
  // What following free lists needs besides probes.checks.
  std::vector<PlanCheck> free_list_checks;
};

// `version` and `layout` tell what tracemalloc's own flag is and where it lies. Throws as
// make_probe_plan() does.
WholePlan make_whole_plan(const ElfImage& image, const AllocatorTables& tables,
                          const PythonVersion& version, const PythonLayout& layout);

}  // namespace tmbpf
