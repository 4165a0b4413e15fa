// SPDX-License-Identifier: Apache-2.0
// CPython's allocator tables and pymalloc's state, found in a binary without symbols.
//
// Sources: Objects/obmalloc.c of 3.8 to 3.15 (PyMemAllocatorEx {ctx, malloc, calloc, realloc,
// free}; the debug allocators' markers 'r', 'm', 'o'; pools and arenas). All addresses are
// link-time vaddrs of the image that holds the interpreter; since 3.12 they lie in the main
// interpreter's state, whose place is known before the program runs.
#pragma once

#include <cstdint>
#include <vector>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

// The four functions of one allocator, in the order of PyMemAllocatorEx.
struct AllocatorFunctions {
  std::uint64_t malloc = 0;
  std::uint64_t calloc = 0;
  std::uint64_t realloc = 0;
  std::uint64_t free = 0;
  bool operator==(const AllocatorFunctions&) const = default;
};

struct AllocatorTables {
  AllocatorFunctions pymalloc;  // _PyObject_Malloc, ...
  AllocatorFunctions raw;       // _PyMem_RawMalloc, ...
  // vaddrs of the live PyMemAllocatorEx structs (ctx first): read them in the process to learn
  // which allocator is really in use.
  std::vector<std::uint64_t> pymalloc_slots;  // _PyMem and _PyObject
  std::vector<std::uint64_t> raw_slots;       // _PyMem_Raw
  std::uint64_t usedpools = 0;                // usedpools[] (2 pointers per size class)
  std::uint64_t arenas = 0;                   // struct arena_object *arenas
  std::uint64_t maxarenas = 0;                // uint maxarenas
  std::uint64_t raw_allocated_blocks = 0;     // Py_ssize_t raw_allocated_blocks; 3.8 has none: 0
  // allocate_from_new_pool; plain 3.8: pymalloc_alloc; 0: inlined into the inner functions
  std::uint64_t refill = 0;
  // What returns a block whose size class was empty: the refill function, or the inner functions
  // that it is inlined into.
  std::vector<std::uint64_t> refilling;
};

// Throws Error saying which part was not found.
AllocatorTables find_allocator_tables(const ElfImage& image);

}  // namespace tmbpf
