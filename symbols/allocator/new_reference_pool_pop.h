// SPDX-License-Identifier: Apache-2.0
// pymalloc's pop from a pool's free list, where it is inlined.
//
// Source: Objects/obmalloc.c, pymalloc_alloc and struct pool_header (every version): ref.count, an
// unsigned int, lies at 0 and freeblock at 8. No free list of objects looks like this.
#pragma once

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/instruction.h"

namespace tmbpf {

// True for the load of pool->freeblock into a register, if that block's first word is then stored
// to pool->freeblock, and pool->ref.count is raised in between or right after.
bool is_pool_pop(const CodeIndex& code, const Instruction& load);

}  // namespace tmbpf
