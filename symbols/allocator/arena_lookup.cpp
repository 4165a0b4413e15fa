// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/arena_lookup.h"

#include <algorithm>
#include <array>

#include "symbols/allocator/pool_comparison.h"

namespace tmbpf {
namespace {

// MAP_TOP_SHIFT of pycore_obmalloc.h, and of 3.10, which looks at 48 bits of the address.
constexpr std::int64_t kTopShift = 49;
constexpr std::int64_t kTopShiftOf48 = 38;
constexpr std::size_t kMaxInstructions = 64;

bool is_element(const InstructionOperand& operand, std::uint8_t index) {
  return operand.kind == InstructionOperand::Kind::memory && operand.index == index &&
         index != kNoRegister && operand.scale == 8;
}

// Walks the beginning of a function for the first look-up in the radix tree.
class RadixLookupFinder {
 public:
  std::optional<ArenaLookup> run(const ElfImage& image, const FunctionRange& function) {
    std::uint64_t address = function.start;
    for (std::size_t i = 0; i < kMaxInstructions && address < function.end; ++i) {
      const std::optional<Instruction> instruction = instruction_at(image, address);
      if (!instruction || step(*instruction)) {
        break;
      }
      address = instruction->next();
    }
    return found_;
  }

 private:
  bool step(const Instruction& instruction) {
    const auto& [first, second] = instruction.operands;
    for (const InstructionOperand& operand : instruction.operands) {
      if (is_element(operand, shifted_)) {
        const bool constant = operand.base == kNoRegister || constants_[operand.base] != 0;
        const std::uint64_t base = operand.base == kNoRegister ? 0 : constants_[operand.base];
        found_ = constant ? ArenaLookup{.global = base + operand.address(), .field = {}}
                          : ArenaLookup{.global = 0, .field = operand.value};
        return true;
      }
    }
    for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
      if ((instruction.written >> reg & 1U) != 0) {
        constants_[reg] = 0;
      }
    }
    if (instruction.operation == Operation::load_address && second.is_absolute() &&
        first.is_register()) {
      constants_[first.reg] = second.address();
    }
    const bool shifts = instruction.operation == Operation::other && first.is_register() &&
                        second.kind == InstructionOperand::Kind::immediate;
    if (shifts && (second.value == kTopShift || second.value == kTopShiftOf48)) {
      shifted_ = first.reg;
    } else if (!shifts && shifted_ != kNoRegister && (instruction.written >> shifted_ & 1U) != 0) {
      shifted_ = kNoRegister;
    }
    return false;
  }

  std::array<std::uint64_t, kRegisterCount> constants_{};
  std::uint8_t shifted_ = kNoRegister;  // holds an address >> kTopShift
  std::optional<ArenaLookup> found_;
};

// True when the index is a counter: an interpreter's end goes through all entries.
bool enumerates(const CodeIndex& code, const Instruction& load, std::uint8_t index) {
  const std::optional<FunctionRange> function = code.image().function_around(load.address);
  bool counter = false;
  for (std::uint64_t at = function ? function->start : load.address; at < load.address;) {
    const std::optional<Instruction> instruction = code.at(at);
    if (!instruction) {
      return false;
    }
    const auto& [first, second] = instruction->operands;
    if ((instruction->written >> index & 1U) != 0) {
      const bool steps = instruction->operation == Operation::add &&
                         second.kind == InstructionOperand::Kind::immediate;
      const bool clears = instruction->operation == Operation::exclusive_or &&
                          second.is_register() && second.reg == first.reg;
      counter = steps || clears;
    }
    at = instruction->next();
  }
  return counter;
}

}  // namespace

std::optional<ArenaLookup> find_arena_lookup(const ElfImage& image, const AllocatorTables& tables) {
  const FunctionRange function = image.function_at(tables.pymalloc.free);
  if (auto radix = RadixLookupFinder().run(image, function)) {
    return radix;
  }
  std::uint64_t address = function.start;
  for (std::size_t i = 0; i < kMaxInstructions && address < function.end; ++i) {
    const std::optional<Instruction> instruction = instruction_at(image, address);
    if (!instruction) {
      break;
    }
    for (const InstructionOperand& operand : instruction->operands) {
      if (operand.is_absolute() && operand.address() == tables.maxarenas) {
        return ArenaLookup{.global = tables.maxarenas, .field = {}};
      }
    }
    address = instruction->next();
  }
  return std::nullopt;
}

std::vector<std::uint64_t> arena_lookups(const CodeIndex& code, const ArenaLookup& lookup) {
  std::vector<std::uint64_t> found;
  for (const CodeReference& reference : code.data_references()) {
    if (lookup.global != 0 && reference.value == lookup.global) {
      found.push_back(reference.instruction);
    }
  }
  for (const CodeReference& reference : code.field_references()) {
    const std::optional<Instruction> instruction = code.at(reference.instruction);
    if (!instruction) {
      continue;
    }
    for (const InstructionOperand& operand : instruction->operands) {
      if (lookup.field && operand.value == *lookup.field && is_element(operand, operand.index) &&
          !enumerates(code, *instruction, operand.index)) {
        found.push_back(reference.instruction);
      }
    }
  }
  return found;
}

}  // namespace tmbpf
