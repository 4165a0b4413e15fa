// SPDX-License-Identifier: Apache-2.0
// pymalloc's question whether an address is its own, which free and realloc ask first. Every
// inlined copy of them asks it: the counterpart of the refill function for what is freed.
//
// Sources: Objects/obmalloc.c, address_in_range(): 3.8 and 3.9 compare the pool's arenaindex with
// maxarenas, which besides only statistics and new_arena() read; since 3.10 the address's high bits
// (p >> 49) select an entry of arena_map_root, a global up to 3.11, a field of struct
// _obmalloc_state since 3.12.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"

namespace tmbpf {

// What a look-up reads first.
struct ArenaLookup {
  std::uint64_t global = 0;           // vaddr of arena_map_root, or of maxarenas; 0: a field
  std::optional<std::int64_t> field;  // offset of arena_map_root from the state's register
};

// As inner free does it; nothing when it does none that is known.
std::optional<ArenaLookup> find_arena_lookup(const ElfImage& image, const AllocatorTables& tables);

// All instructions that do it. The index must have been asked for the lookup's global or field.
std::vector<std::uint64_t> arena_lookups(const CodeIndex& code, const ArenaLookup& lookup);

}  // namespace tmbpf
