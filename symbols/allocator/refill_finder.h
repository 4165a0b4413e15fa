// SPDX-License-Identifier: Apache-2.0
// The function that pymalloc calls when a size class has no usable pool.
//
// Source: Objects/obmalloc.c of 3.11, pymalloc_alloc: `if (pool != pool->nextpool) {...} else
// bp = allocate_from_new_pool(size)`. So: the first direct call on the equal edge of a comparison
// of a register with the word at 16 bytes from it, in both malloc and calloc.
#pragma once

#include <cstdint>

#include "symbols/allocator/allocator_tables.h"

namespace tmbpf {

// Throws Error when malloc and calloc do not agree on exactly one function (it may be inlined).
std::uint64_t find_refill(const ElfImage& image, const AllocatorTables& tables);

}  // namespace tmbpf
