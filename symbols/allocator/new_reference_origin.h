// SPDX-License-Identifier: Apache-2.0
// Tells new references to objects that the allocator just gave from those that may come from a
// free list.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/new_reference_value.h"
#include "symbols/allocator/register_state.h"

namespace tmbpf {

// An object at an instruction, in terms of the registers there.
struct ObjectPlace {
  std::uint64_t instruction = 0;
  SymbolicValue object;
};

// Tables that are not known (all zero) only make the answers more cautious.
AllocatorKnowledge allocator_knowledge(const ElfImage& image, const AllocatorTables& tables);

// The instructions of those places where the object comes from the allocator on every path.
std::set<std::uint64_t> find_fresh_objects(const CodeIndex& code,
                                           const AllocatorKnowledge& knowledge,
                                           const std::vector<ObjectPlace>& places);

// vaddrs of the PLT stubs that lead to one of these symbols.
std::vector<std::uint64_t> plt_stubs_of(const ElfImage& image,
                                        std::span<const std::string_view> symbols);

}  // namespace tmbpf
