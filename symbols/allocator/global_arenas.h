// SPDX-License-Identifier: Apache-2.0
// pymalloc's arenas where they are global variables of obmalloc.c (3.8 to 3.11).
//
// Sources: Objects/obmalloc.c. 3.9 to 3.11: the exported _Py_GetAllocatedBlocks reads exactly
// raw_allocated_blocks, maxarenas and arenas. 3.8: it reads one counter of all blocks; there
// address_in_range(), the first thing that _PyObject_Free does with a pointer, compares the pool's
// arenaindex with maxarenas and then looks into arenas.
#pragma once

#include "symbols/allocator/allocator_tables.h"

namespace tmbpf {

// Fills arenas, maxarenas and raw_allocated_blocks (0 in 3.8). Throws Error.
void find_global_arenas(const ElfImage& image, AllocatorTables& tables);

}  // namespace tmbpf
