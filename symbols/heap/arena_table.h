// SPDX-License-Identifier: Apache-2.0
// pymalloc's arenas, as its table lists them.
//
// Objects/obmalloc.c, the same from 3.8 to 3.15: `arenas` points to `maxarenas` objects of 48
// bytes, which move when their number grows; one whose address is 0 is not in use. An arena need
// not be aligned to its pools: the first pool begins at the next multiple of their size, and
// pool_address is where the next pool will be carved.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

struct Arena {
  std::uint64_t address = 0;
  std::uint64_t first_pool = 0;
  std::uint64_t end_of_pools = 0;  // of those carved
  std::uint32_t index = 0;         // in the table
};

struct ArenaTable {
  std::vector<Arena> arenas;  // ascending, disjoint
  // Entries that cannot be right: pools outside of the arena, arenas that overlap, more of them
  // than the machine has memory.
  std::size_t damaged = 0;
};

// Nothing when it cannot be read: the process is gone, or its table no longer makes sense. Throws
// Error when the numbers in `python` are none that pymalloc can have.
std::optional<ArenaTable> read_arena_table(const ProcessMemory& memory, const tmbpf_python& python);

// Whether the arena is still in the table.
bool still_in_use(const ProcessMemory& memory, const tmbpf_python& python, const Arena& arena);

}  // namespace tmbpf
