// SPDX-License-Identifier: Apache-2.0
// Every mention of an inner function's address. An inlined copy stands behind a comparison with
// that address, however the slot's value was loaded: if all mentions are understood, no guard is
// missed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"

namespace tmbpf {

struct FunctionReferences {
  std::size_t calls = 0;               // direct calls and jumps: the entry's probe sees them
  std::size_t guards = 0;              // comparisons that choose an inlined copy
  std::size_t compared = 0;            // comparisons that choose no call
  std::size_t stored = 0;              // copied to memory, as PyMem_SetupAllocator does
  std::size_t in_tables = 0;           // words of PyMemAllocatorEx structs
  std::vector<std::uint64_t> unknown;  // instructions and words
  [[nodiscard]] std::size_t all() const {
    return calls + guards + compared + stored + in_tables + unknown.size();
  }
};

// Adds the words outside of tables that hold such an address: constants that code copies.
void add_interest(const ElfImage& image, const AllocatorTables& tables, CodeInterest& interest);

FunctionReferences find_function_references(const CodeIndex& code, const AllocatorTables& tables,
                                            const std::vector<Guard>& guards);

}  // namespace tmbpf
