// SPDX-License-Identifier: Apache-2.0
// Where pymalloc (3.8 to 3.11) keeps its pools and arenas.
//
// Sources: Objects/obmalloc.c of 3.11: usedpools[2*i] == usedpools[2*i+1] == &usedpools[2*i] - 16
// in the initial image; _Py_GetAllocatedBlocks (exported) reads exactly raw_allocated_blocks,
// maxarenas and arenas.
#pragma once

#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/word_view.h"

namespace tmbpf {

// Fills usedpools, arenas, maxarenas and raw_allocated_blocks. Throws Error naming what is missing.
void find_pool_state(const ElfImage& image, const std::vector<WordView>& views,
                     AllocatorTables& tables);

}  // namespace tmbpf
