// SPDX-License-Identifier: Apache-2.0
// What glibc's malloc has handed out, read from outside while the process runs, without a symbol of
// its library.
//
// The main arena is what brk(2) gave ("[heap]"). The others are made of heaps (malloc/arena.c) of
// at most 64 MiB at addresses that are multiples of that, each with a heap_info at its begin, the
// first one also with its arena's malloc_state. Large blocks have mappings of their own, told by a
// chunk's header at the begin of a page. Other allocators have nothing of that kind. Not found:
// what the main arena has beside brk's memory when that cannot grow, heaps on huge pages
// (glibc.malloc.hugetlb=2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "symbols/heap/malloc_chunk.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

// One contiguous piece of an arena.
struct MallocHeapPiece {
  std::uint64_t start = 0;  // address of the memory
  std::uint64_t end = 0;
  bool settled = false;  // its chunks are known
};

struct MallocHeap {
  std::vector<MallocChunk> chunks;  // in use, ascending; see malloc_arena.h for those that seem so
  std::vector<MallocHeapPiece> pieces;  // of arenas, ascending
  std::uint64_t writable = 0;           // bytes of all private memory that is no file's
  bool complete = true;                 // false: too much to look for mapped chunks, none is there

  // Whether an arena was found and read.
  [[nodiscard]] bool recognized() const;
  [[nodiscard]] std::size_t unsettled() const;  // pieces
  // The piece that holds the address, or nothing.
  [[nodiscard]] const MallocHeapPiece* piece_of(std::uint64_t address) const;
  // The chunk whose block begins there, or nothing.
  [[nodiscard]] const MallocChunk* chunk_of(std::uint64_t block) const;
};

// `others`: memory of which it is known that it is no malloc's, ascending (pymalloc's arenas).
// Throws Error when the process is gone.
MallocHeap read_malloc_heap(const ProcessMemory& memory, std::span<const MemoryRange> others);

}  // namespace tmbpf
