// SPDX-License-Identifier: Apache-2.0
// The function that pymalloc calls when a size class has no usable pool: whatever it returns is the
// block.
//
// Source: Objects/obmalloc.c, pymalloc_alloc, 3.8 to 3.15: `if (pool != pool->nextpool) {...} else
// bp = allocate_from_new_pool(size)`. So: the first direct call on the equal edge of a comparison
// of a register with the word at 16 bytes from it, in both malloc and calloc. Where that is inlined
// into a pymalloc_alloc which both call (plain 3.8), it is that function. Where all of it is
// inlined into malloc and calloc (clang with PGO and ThinLTO), what these return is the block.
#pragma once

#include <cstdint>

#include "symbols/allocator/allocator_tables.h"

namespace tmbpf {

// Sets refill and refilling. Throws Error when malloc and calloc call several functions of that
// kind, or do not look for a pool at all.
void find_refill(const ElfImage& image, AllocatorTables& tables);

}  // namespace tmbpf
