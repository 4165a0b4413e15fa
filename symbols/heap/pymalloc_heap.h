// SPDX-License-Identifier: Apache-2.0
// The live blocks of pymalloc, read from outside while the process runs.
//
// Objects/obmalloc.c (3.11): arenas of 1 MiB hold pools of 16 KiB; a pool's blocks lie between its
// header (48 bytes) and nextoffset, and those not on its free list are live. A pool that changes
// while it is read is read again; if it never settles it is counted, not guessed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_set.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

struct PymallocHeap {
  BlockSet blocks;
  std::uint64_t bytes = 0;            // of live blocks, rounded up to their size classes
  std::vector<std::uint64_t> arenas;  // start addresses, ascending
  std::uint64_t arena_size = 0;       // bytes of each
  std::size_t unsettled_pools = 0;

  // Whether pymalloc manages the address.
  [[nodiscard]] bool in_arena(std::uint64_t address) const;
};

// `python` holds the addresses in the process. An interpreter that has no arena yet gives an empty
// heap; so does one that is gone.
PymallocHeap read_pymalloc_heap(const ProcessMemory& memory, const tmbpf_python& python);

}  // namespace tmbpf
