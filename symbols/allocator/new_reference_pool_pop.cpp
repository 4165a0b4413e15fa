// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_pool_pop.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tmbpf {
namespace {

using OperandKind = InstructionOperand::Kind;

constexpr std::size_t kMaxPop = 14;
constexpr std::int64_t kFreeBlock = 8;

bool is_load(const Instruction& instruction, std::uint8_t base, std::int64_t displacement) {
  const InstructionOperand& source = instruction.operands[1];
  return instruction.operation == Operation::move && instruction.operands[0].is_register() &&
         source.kind == OperandKind::memory && source.bits == 64 && source.base == base &&
         source.index == kNoRegister && source.value == displacement;
}

bool is_store(const Instruction& instruction, std::uint8_t reg, std::int64_t displacement) {
  const auto& [first, second] = instruction.operands;
  return instruction.operation == Operation::move && second.is_register() && second.reg == reg &&
         first.kind == OperandKind::memory && first.index == kNoRegister && first.bits == 64 &&
         first.value == displacement;
}

// add $1,(base) or inc, 4 bytes: the only 32-bit counter at the start of something popped from.
bool is_increment(const Instruction& instruction, std::uint8_t base) {
  const InstructionOperand& first = instruction.operands[0];
  return instruction.writes_memory && first.kind == OperandKind::memory && first.bits == 32 &&
         first.base == base && first.index == kNoRegister && first.value == 0;
}

bool leaves_path(const Instruction& instruction) {
  return instruction.operation == Operation::call ||
         instruction.operation == Operation::indirect_call ||
         instruction.operation == Operation::indirect_jump ||
         instruction.operation == Operation::leave_function;
}

}  // namespace

bool is_pool_pop(const CodeIndex& code, const Instruction& load) {
  const InstructionOperand& pool = load.operands[1];
  const std::uint8_t block = load.operands[0].reg;
  if (pool.kind != OperandKind::memory || pool.base == block ||
      !is_load(load, pool.base, kFreeBlock)) {
    return false;
  }
  std::uint8_t next = kNoRegister;
  bool stored = false;
  bool counted = false;
  std::optional<Instruction> instruction = code.at(load.next());
  for (std::size_t i = 0; instruction && i < kMaxPop && !(stored && counted); ++i) {
    stored = stored || (next != kNoRegister && is_store(*instruction, next, kFreeBlock) &&
                        instruction->operands[0].base == pool.base);
    counted = counted || is_increment(*instruction, pool.base);
    if (is_load(*instruction, block, 0)) {
      next = instruction->operands[0].reg;
    } else if (leaves_path(*instruction) || (instruction->written >> pool.base & 1U) != 0) {
      break;
    }
    const bool jumps = instruction->operation == Operation::jump;
    instruction = code.at(jumps ? instruction->target : instruction->next());
  }
  return stored && counted;
}

}  // namespace tmbpf
