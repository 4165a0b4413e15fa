// SPDX-License-Identifier: Apache-2.0
// What a function does with a pointer that an instruction put into a register.
#pragma once

#include <cstdint>
#include <vector>

#include "symbols/allocator/code_index.h"

namespace tmbpf {

// A memory operand of [a register that may hold the pointer + displacement], no index.
struct PointerUse {
  std::uint64_t instruction = 0;
  std::int64_t displacement = 0;
};

// On every path of direct jumps from `root` (which writes its first operand, a register), while a
// register or a word of the stack may still hold the pointer; at most 20,000 steps. Calls leave
// what the System V ABI lets them leave.
std::vector<PointerUse> follow_pointer(const CodeIndex& code, const Instruction& root);

}  // namespace tmbpf
