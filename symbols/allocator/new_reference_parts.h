// SPDX-License-Identifier: Apache-2.0
// A function as the compiler scattered it: hot part, cold parts, each with an .eh_frame range of
// its own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/allocator/code_index.h"

namespace tmbpf {

struct FunctionParts {
  std::vector<FunctionRange> ranges;   // sorted by start
  std::vector<std::uint64_t> entries;  // starts of ranges that may be called
  [[nodiscard]] bool contains(std::uint64_t vaddr) const;
};

// The range that holds `vaddr`, with every range that shares code with it: one jumps into the
// middle of the other. Empty when no range holds it.
FunctionParts function_parts_at(const CodeIndex& code, std::uint64_t vaddr);

}  // namespace tmbpf
