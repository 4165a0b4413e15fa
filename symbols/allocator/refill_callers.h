// SPDX-License-Identifier: Apache-2.0
// Proof that no inlined copy of pymalloc was missed: every copy calls the refill function when its
// size class is empty, so every caller must lie behind a known guard or in an inner function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"

namespace tmbpf {

struct RefillCallers {
  std::size_t all = 0;                   // direct calls and jumps to it
  std::vector<std::uint64_t> unreached;  // those not found from any site
};

RefillCallers find_refill_callers(const CodeIndex& code, const AllocatorTables& tables,
                                  const std::vector<Guard>& guards);

}  // namespace tmbpf
