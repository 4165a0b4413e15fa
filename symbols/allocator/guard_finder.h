// SPDX-License-Identifier: Apache-2.0
// Comparisons of an allocator slot with an inner function: where GCC's speculative call promotion
// put an inlined copy of the allocator.
//
//   mov   slot(%rip),%rax      the live function
//   cmp   $inner,%rax
//   jne   cold                 <- the guard's jump: equal = the inlined copy runs
//
// Two searches, united: every use of a slot by its address or through a pointer (got_slots.h),
// followed to what becomes of the value; and every comparison with the address of an inner
// function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/function_role.h"

namespace tmbpf {

struct Guard {
  FunctionRole role;               // what it is compared with
  std::uint64_t compare = 0;       // the comparison
  std::uint64_t jump = 0;          // the jcc that decides
  std::uint64_t hot = 0;           // where it goes when equal
  std::uint64_t cold = 0;          // where it goes when not
  std::uint8_t reg = kNoRegister;  // holds the slot's value at the jump; none: compared in memory
  std::uint64_t slot = 0;          // the slot's vaddr; 0 when found by the comparison only
  InstructionOperand memory;       // the slot as compared, where it is compared in memory
};

// What became of every use of a slot.
struct SlotUses {
  std::vector<Guard> guards;                // sorted by compare, no duplicates
  std::size_t loads = 0;                    // of a function pointer
  std::size_t by_pointer = 0;               // those of them through a pointer to _PyRuntime
  std::size_t indirect_calls = 0;           // called through: reaches the inner function
  std::size_t copies = 0;                   // kept elsewhere (PyMem_GetAllocator and the like)
  std::size_t comparisons = 0;              // compared without choosing a copy (allocator names)
  std::size_t stores = 0;                   // PyMem_SetAllocator and the like
  std::vector<std::uint64_t> unclassified;  // instructions
};

SlotUses find_slot_uses(const CodeIndex& code, const AllocatorTables& tables);

}  // namespace tmbpf
