// SPDX-License-Identifier: Apache-2.0
// pymalloc's test for an empty size class, as compiled: `pool == pool->nextpool`.
//
//   mov   0x2a30(%rax),%rbp        the state, where an interpreter points to it (3.13+)
//   mov   0(%rbp,%rcx,8),%rdx      the pool at the head of the size class
//   mov   0x10(%rdx),%rdi
//   cmp   %rdi,%rdx
//   je    empty                    ... which calls the refill function
//
// Source: Objects/obmalloc.c, pymalloc_alloc, 3.8 to 3.15.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

// Where the head of a size class was loaded from.
struct PoolList {
  std::optional<std::uint64_t> global;     // usedpools is a global: its vaddr (up to 3.11)
  std::int64_t displacement = 0;           // else of usedpools in what the base points to
  std::optional<std::int64_t> base_field;  // offset of the field that the base came from
  bool operator==(const PoolList&) const = default;
};

struct PoolComparison {
  std::uint64_t function = 0;           // that holds it
  std::optional<PoolList> list;         // nothing when it is not loaded by base + index
  std::optional<std::uint64_t> refill;  // first direct call on the equal edge
};

// All in the function, in address order; the walk does not follow jumps.
std::vector<PoolComparison> find_pool_comparisons(const ElfImage& image,
                                                  const FunctionRange& function);

// The same of an inner function; where it has none, of the local functions that it calls (3.8 keeps
// pymalloc_alloc apart).
std::vector<PoolComparison> find_pool_comparisons(const ElfImage& image, std::uint64_t function);

}  // namespace tmbpf
