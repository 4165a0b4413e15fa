// SPDX-License-Identifier: Apache-2.0
// The live blocks of pymalloc, read from outside while the process runs.
//
// Arenas hold pools, pools hold blocks of one size class: 256 KiB and 4 KiB in CPython 3.8 and 3.9,
// 1 MiB and 16 KiB later; from 3.12 each interpreter has its own, and `tmbpf_python` names those of
// the main one. Each pool is read as it is at one moment (see pool_reader.h), different pools at
// different moments; one that never settles is counted, not guessed. What the process's memory says
// is bounded by what pymalloc can do and what the machine has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/block_set.h"
#include "symbols/heap/pool_reader.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

struct SizeClassUse {
  std::uint32_t block_size = 0;  // bytes
  std::uint64_t blocks = 0;      // live
  std::uint64_t pools = 0;       // that hold them
};

struct PymallocHeap {
  bool readable = false;  // false: the process is gone, or its table of arenas makes no sense
  BlockSet blocks;
  std::vector<Pool> pools;               // those with live blocks, ascending
  std::uint64_t bytes = 0;               // of live blocks, rounded up to their size classes
  std::uint64_t free_pools = 0;          // pools of the arenas that hold no block, carved or not
  std::vector<std::uint64_t> arenas;     // start addresses, ascending
  std::uint64_t arena_size = 0;          // bytes of each
  std::uint64_t pool_size = 0;           // bytes of each
  std::vector<std::uint64_t> unsettled;  // pools whose blocks are not known, ascending
  std::size_t unsettled_pools = 0;       // their number, and the pools of damaged arenas

  // Whether pymalloc manages the address.
  [[nodiscard]] bool in_arena(std::uint64_t address) const;
  // Whether what `blocks` says about the address was read, not left open.
  [[nodiscard]] bool is_settled(std::uint64_t address) const;
  // Bytes that requests could still get from the arenas: of free blocks in pools that hold others,
  // and of pools that hold none.
  [[nodiscard]] std::uint64_t free_bytes() const;
  // One element per size class in use, ascending.
  [[nodiscard]] std::vector<SizeClassUse> size_classes() const;
};

// `python` holds the addresses in the process. An interpreter that has no arena yet gives an empty
// heap. Throws Error when the sizes in `python` are none that pymalloc can have. About 0.5 s per
// GiB of half-full pools, 0.1 s of full ones.
PymallocHeap read_pymalloc_heap(const ProcessMemory& memory, const tmbpf_python& python);

// The same for a few pools only, given by their addresses, all of them carved: arenas stay empty.
PymallocHeap read_pools(const ProcessMemory& memory, const tmbpf_python& python,
                        std::span<const std::uint64_t> pools);

// The addresses of the pools that hold the blocks, each once, ascending.
std::vector<std::uint64_t> pools_of(std::span<const std::uint64_t> blocks, std::uint64_t pool_size);

}  // namespace tmbpf
