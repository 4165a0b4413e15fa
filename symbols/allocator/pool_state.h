// SPDX-License-Identifier: Apache-2.0
// Where pymalloc keeps its pools and arenas: globals up to 3.11, the main interpreter's state
// since.
//
// Source: Objects/obmalloc.c. Up to 3.12 the file holds the lists of pools initialised:
// used[2*i] == used[2*i+1] == &used[2*i] - 16. Which kind it is, inner malloc's code tells.
#pragma once

#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/word_view.h"

namespace tmbpf {

// Fills usedpools, arenas, maxarenas and raw_allocated_blocks. Throws Error naming what is missing.
void find_pool_state(const ElfImage& image, const std::vector<WordView>& views,
                     AllocatorTables& tables);

}  // namespace tmbpf
