// SPDX-License-Identifier: Apache-2.0
// The function that pymalloc calls when a size class has no usable pool: whatever it returns is the
// block.
//
// Source: Objects/obmalloc.c, pymalloc_alloc, 3.8 to 3.15: `if (pool != pool->nextpool) {...} else
// bp = allocate_from_new_pool(size)`. So: the first direct call on the equal edge of a comparison
// of a register with the word at 16 bytes from it, in both malloc and calloc. Where that is inlined
// into a pymalloc_alloc which both call (plain 3.8), it is that function.
#pragma once

#include <cstdint>

#include "symbols/allocator/allocator_tables.h"

namespace tmbpf {

// Throws Error when malloc and calloc do not agree on exactly one function (it may be inlined).
std::uint64_t find_refill(const ElfImage& image, const AllocatorTables& tables);

}  // namespace tmbpf
