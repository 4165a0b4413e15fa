// SPDX-License-Identifier: Apache-2.0
// Uses of allocator slots through a pointer to the structure that holds them.
//
//   mov   _PyRuntime@GOT(%rip),%rax
//   jmp   *0x2c8(%rax)                  _PyRuntime.allocators.standard.raw.malloc
//
// Since 3.12 the slots are in _PyRuntime, which a shared library reaches by its GOT, other code by
// its address. The pointer is followed through registers and spills to the stack, on all paths of
// direct jumps, until it is overwritten or too far away; not through calls and other memory. The
// check of all references to the inner functions' addresses does not depend on this one.
#pragma once

#include <cstdint>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"

namespace tmbpf {

// Where code gets the pointer from. Empty up to 3.11, where slots are globals of their own.
struct SlotHolder {
  std::uint64_t start = 0;         // _PyRuntime's vaddr; 0: none
  std::uint64_t end = 0;           // behind its last slot
  std::vector<std::uint64_t> got;  // vaddrs of the pointers to it that the loader fills in
};

SlotHolder find_slot_holder(const ElfImage& image, const AllocatorTables& tables);

// What the index must be asked for.
void add_interest(const SlotHolder& holder, const AllocatorTables& tables, CodeInterest& interest);

// In the order of their instructions, each with the slot's (or ctx's) vaddr.
std::vector<CodeReference> find_pointer_uses(const CodeIndex& code, const AllocatorTables& tables,
                                             const SlotHolder& holder);

}  // namespace tmbpf
