// SPDX-License-Identifier: Apache-2.0
// Which allocator function an address or a slot stands for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/allocator/allocator_tables.h"

namespace tmbpf {

// struct PyMemAllocatorEx: ctx and four functions.
constexpr std::uint64_t kAllocatorSize = 40;

struct FunctionRole {
  tmbpf_allocator allocator = TMBPF_PYMALLOC;
  tmbpf_op op = TMBPF_OP_MALLOC;  // MALLOC, CALLOC, REALLOC or FREE
  std::uint64_t function = 0;     // the inner function's first instruction
  bool operator==(const FunctionRole&) const = default;
};

// The eight inner functions.
std::array<FunctionRole, 8> all_roles(const AllocatorTables& tables);
// The role of an inner function, by its first instruction.
std::optional<FunctionRole> role_of_function(const AllocatorTables& tables, std::uint64_t vaddr);
// True inside a live PyMemAllocatorEx, its ctx included.
bool is_in_slots(const AllocatorTables& tables, std::uint64_t vaddr);
// The operation that a function pointer inside a live PyMemAllocatorEx serves; nothing for ctx and
// for addresses elsewhere.
std::optional<tmbpf_op> op_of_slot(const AllocatorTables& tables, std::uint64_t vaddr);

}  // namespace tmbpf
