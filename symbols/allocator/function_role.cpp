// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/function_role.h"

#include <algorithm>

namespace tmbpf {
namespace {

// PyMemAllocatorEx: ctx, malloc, calloc, realloc, free.
constexpr std::array kOps{TMBPF_OP_MALLOC, TMBPF_OP_CALLOC, TMBPF_OP_REALLOC, TMBPF_OP_FREE};

}  // namespace

std::array<FunctionRole, 8> all_roles(const AllocatorTables& tables) {
  return {{{TMBPF_PYMALLOC, TMBPF_OP_MALLOC, tables.pymalloc.malloc},
           {TMBPF_PYMALLOC, TMBPF_OP_CALLOC, tables.pymalloc.calloc},
           {TMBPF_PYMALLOC, TMBPF_OP_REALLOC, tables.pymalloc.realloc},
           {TMBPF_PYMALLOC, TMBPF_OP_FREE, tables.pymalloc.free},
           {TMBPF_RAW, TMBPF_OP_MALLOC, tables.raw.malloc},
           {TMBPF_RAW, TMBPF_OP_CALLOC, tables.raw.calloc},
           {TMBPF_RAW, TMBPF_OP_REALLOC, tables.raw.realloc},
           {TMBPF_RAW, TMBPF_OP_FREE, tables.raw.free}}};
}

std::optional<FunctionRole> role_of_function(const AllocatorTables& tables, std::uint64_t vaddr) {
  const auto roles = all_roles(tables);
  const auto* const found =
      std::find_if(roles.begin(), roles.end(),
                   [vaddr](const FunctionRole& role) { return role.function == vaddr; });
  return found == roles.end() ? std::nullopt : std::optional(*found);
}

bool is_in_slots(const AllocatorTables& tables, std::uint64_t vaddr) {
  const auto holds = [vaddr](std::uint64_t slot) { return vaddr - slot < kAllocatorSize; };
  return std::any_of(tables.pymalloc_slots.begin(), tables.pymalloc_slots.end(), holds) ||
         std::any_of(tables.raw_slots.begin(), tables.raw_slots.end(), holds);
}

std::optional<tmbpf_op> op_of_slot(const AllocatorTables& tables, std::uint64_t vaddr) {
  for (const auto* slots : {&tables.pymalloc_slots, &tables.raw_slots}) {
    for (const std::uint64_t slot : *slots) {
      const std::uint64_t word = (vaddr - slot) / 8;
      if (vaddr > slot && (vaddr - slot) % 8 == 0 && word >= 1 && word <= kOps.size()) {
        return kOps[static_cast<std::size_t>(word - 1)];
      }
    }
  }
  return std::nullopt;
}

}  // namespace tmbpf
