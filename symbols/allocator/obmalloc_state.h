// SPDX-License-Identifier: Apache-2.0
// pymalloc's state where it belongs to an interpreter (3.12 and later): the main interpreter's.
//
// Sources: Include/internal/pycore_obmalloc.h of 3.12 and later (struct _obmalloc_state: pools,
// mgmt, usage); pycore_interp.h: 3.12 embeds it in the interpreter, and the main interpreter in
// _PyRuntime; since 3.13 the interpreter holds a pointer, which for the main one
// _PyMem_init_obmalloc (Objects/obmalloc.c) sets to a static object. The address is read from that
// store, so a program that has not run yet can be planned.
#pragma once

#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/pool_comparison.h"

namespace tmbpf {

// Fills usedpools, arenas, maxarenas and raw_allocated_blocks. `pools`: where inner malloc reads
// the size classes; `initialised`: vaddrs of pool lists that the file holds initialised.
// Throws Error.
void find_obmalloc_state(const ElfImage& image, const PoolList& pools,
                         const std::vector<std::uint64_t>& initialised, AllocatorTables& tables);

}  // namespace tmbpf
