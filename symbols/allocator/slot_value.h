// SPDX-License-Identifier: Apache-2.0
// What becomes of a function pointer after it was loaded from an allocator slot.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/allocator/code_index.h"

namespace tmbpf {

struct SlotValueUse {
  enum class Kind : std::uint8_t {
    compared,  // `reg` is an operand of the comparison `instruction`
    called,    // call or jump through it
    stored,    // to memory or to a vector register
    computed,  // xor: structs compared as a whole, without a branch on each word
  };
  Kind kind = Kind::compared;
  Instruction instruction;
  std::uint8_t reg = kNoRegister;
};

// First uses on every path from the load (a 64-bit mov into a register), 30 instructions deep.
// Comparisons with zero are passed over.
std::vector<SlotValueUse> follow_slot_value(const CodeIndex& code, const Instruction& load);

// True when a call or jump through a register or memory can be reached from here without passing
// another call, 30 instructions deep.
bool reaches_indirect_call(const CodeIndex& code, std::uint64_t address);

// The jump that a comparison decides, with at most a few moves in between.
std::optional<Instruction> jump_after(const CodeIndex& code, const Instruction& compare);

// True when a call through a pointer follows the comparison on either edge of its jump.
bool chooses_call(const CodeIndex& code, const Instruction& compare);

// The value of an immediate, or of a register that the function loads with an address (lea, mov)
// before `instruction`.
std::optional<std::uint64_t> constant_of(const CodeIndex& code, std::uint64_t instruction,
                                         const InstructionOperand& operand);

}  // namespace tmbpf
