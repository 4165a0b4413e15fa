// SPDX-License-Identifier: Apache-2.0
// Interned strings, told from the strings themselves: the table of them has no symbol in most
// builds.
//
// PyASCIIObject.state begins with `interned` (Include/cpython/unicodeobject.h, 3.8 to 3.15): all
// that lies below `kind`; 0 means not interned.
#pragma once

#include <cstdint>

#include "bpf/tmbpf.h"
#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

// How many of the live blocks are str objects that are interned; `str_type`: the address of
// PyUnicode_Type. Strings larger than pymalloc's blocks are not among them, nor those that lie in
// the interpreter's own data (3.12+). Reads every pool that may hold some, about 0.5 s per GiB.
std::uint64_t count_interned_strings(const ProcessMemory& memory, const tmbpf_python& python,
                                     std::uint64_t str_type, const PymallocHeap& heap);

}  // namespace tmbpf
