// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/slot_value.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::size_t kMaxDepth = 30;
constexpr std::size_t kMaxToJump = 4;
constexpr std::size_t kMaxVisited = 256;
constexpr std::size_t kMaxFunctionSize = 1U << 20U;

class SlotValueFollower {
 public:
  explicit SlotValueFollower(const CodeIndex& code) : code_(code) {}

  std::vector<SlotValueUse> run(const Instruction& load) {
    enter(load.next(), bit(load.operands[0].reg), kMaxDepth);
    while (!work_.empty() && visited_.size() < kMaxVisited) {
      const Path path = work_.back();
      work_.pop_back();
      step(path);
    }
    return std::move(uses_);
  }

 private:
  struct Path {
    std::uint64_t address = 0;
    std::uint16_t holders = 0;  // registers that hold the value
    std::size_t left = 0;
  };

  static std::uint16_t bit(std::uint8_t reg) {
    return reg < kRegisterCount ? static_cast<std::uint16_t>(1U << reg) : std::uint16_t{0};
  }
  static bool holds(const Path& path, const InstructionOperand& operand) {
    return operand.is_register() && operand.bits == 64 && (path.holders & bit(operand.reg)) != 0;
  }
  void enter(std::uint64_t address, std::uint16_t holders, std::size_t left) {
    if (left > 0 && holders != 0 && visited_.emplace(address, holders).second) {
      work_.push_back({address, holders, left});
    }
  }
  void use(SlotValueUse::Kind kind, const Instruction& instruction, std::uint8_t reg) {
    uses_.push_back({kind, instruction, reg});
  }

  // True when this path ends here.
  bool take_use(const Path& path, const Instruction& instruction) {
    const auto& [first, second] = instruction.operands;
    const bool indirect = instruction.operation == Operation::indirect_call ||
                          instruction.operation == Operation::indirect_jump;
    if (indirect && holds(path, first)) {
      use(SlotValueUse::Kind::called, instruction, first.reg);
      return true;
    }
    if (instruction.operation == Operation::compare &&
        (holds(path, first) || holds(path, second))) {
      const bool zero = second.kind == InstructionOperand::Kind::immediate && second.value == 0;
      if (!zero) {
        use(SlotValueUse::Kind::compared, instruction, holds(path, first) ? first.reg : second.reg);
      }
      return !zero;
    }
    if (instruction.operation == Operation::exclusive_or &&
        (holds(path, first) || holds(path, second))) {
      use(SlotValueUse::Kind::computed, instruction, kNoRegister);
      return true;
    }
    const bool to_vector = first.kind == InstructionOperand::Kind::reg && !first.is_register();
    const bool to_memory = first.kind == InstructionOperand::Kind::memory;
    if (holds(path, second) && (to_vector || to_memory)) {
      use(SlotValueUse::Kind::stored, instruction, second.reg);
      return true;
    }
    return indirect && instruction.operation == Operation::indirect_jump;
  }

  void step(const Path& path) {
    const std::optional<Instruction> instruction = code_.at(path.address);
    if (!instruction || take_use(path, *instruction)) {
      return;
    }
    std::uint16_t holders = path.holders;
    switch (instruction->operation) {
      case Operation::leave_function:
        return;
      case Operation::jump:
        enter(instruction->target, holders, path.left - 1);
        return;
      case Operation::conditional_jump:
        enter(instruction->target, holders, path.left - 1);
        break;
      case Operation::call:
      case Operation::indirect_call:
        holders = static_cast<std::uint16_t>(holders & ~kCallClobbered);
        break;
      default: {
        const bool copied =
            instruction->operation == Operation::move && holds(path, instruction->operands[1]);
        holders = static_cast<std::uint16_t>(holders & ~instruction->written);
        if (copied) {
          holders = static_cast<std::uint16_t>(holders | bit(instruction->operands[0].reg));
        }
      }
    }
    enter(instruction->next(), holders, path.left - 1);
  }

  const CodeIndex& code_;
  std::vector<Path> work_;
  std::set<std::pair<std::uint64_t, std::uint16_t>> visited_;
  std::vector<SlotValueUse> uses_;
};

}  // namespace

std::vector<SlotValueUse> follow_slot_value(const CodeIndex& code, const Instruction& load) {
  return SlotValueFollower(code).run(load);
}

bool reaches_indirect_call(const CodeIndex& code, std::uint64_t address) {
  std::vector<std::pair<std::uint64_t, std::size_t>> work{{address, kMaxDepth}};
  std::set<std::uint64_t> visited;
  while (!work.empty() && visited.size() < kMaxVisited) {
    const auto [at, left] = work.back();
    work.pop_back();
    const std::optional<Instruction> instruction =
        left > 0 && visited.insert(at).second ? code.at(at) : std::nullopt;
    if (!instruction) {
      continue;
    }
    switch (instruction->operation) {
      case Operation::indirect_call:
      case Operation::indirect_jump:
        return true;
      case Operation::call:
      case Operation::leave_function:
        continue;
      case Operation::jump:
        work.emplace_back(instruction->target, left - 1);
        continue;
      case Operation::conditional_jump:
        work.emplace_back(instruction->target, left - 1);
        break;
      default:
        break;
    }
    work.emplace_back(instruction->next(), left - 1);
  }
  return !work.empty();
}

std::optional<Instruction> jump_after(const CodeIndex& code, const Instruction& compare) {
  std::optional<Instruction> instruction = code.at(compare.next());
  for (std::size_t i = 0; instruction && i < kMaxToJump; ++i) {
    if (instruction->operation == Operation::conditional_jump) {
      return instruction;
    }
    if (instruction->operation != Operation::move) {
      return std::nullopt;
    }
    instruction = code.at(instruction->next());
  }
  return std::nullopt;
}

bool chooses_call(const CodeIndex& code, const Instruction& compare) {
  const std::optional<Instruction> jump = jump_after(code, compare);
  return jump &&
         (reaches_indirect_call(code, jump->target) || reaches_indirect_call(code, jump->next()));
}

std::optional<std::uint64_t> constant_of(const CodeIndex& code, std::uint64_t instruction,
                                         const InstructionOperand& operand) {
  if (operand.kind == InstructionOperand::Kind::immediate) {
    return static_cast<std::uint64_t>(operand.value);
  }
  const auto& functions = code.image().functions();
  auto function = std::upper_bound(
      functions.begin(), functions.end(), instruction,
      [](std::uint64_t value, const FunctionRange& range) { return value < range.start; });
  if (!operand.is_register() || function == functions.begin() ||
      instruction - (--function)->start > kMaxFunctionSize) {
    return std::nullopt;
  }
  std::optional<std::uint64_t> value;
  for (std::uint64_t address = function->start; address < instruction;) {
    const std::optional<Instruction> previous = code.at(address);
    if (!previous) {
      return std::nullopt;
    }
    if ((previous->written >> operand.reg & 1U) != 0) {
      const InstructionOperand& source = previous->operands[1];
      const bool address_loaded = previous->operation == Operation::load_address &&
                                  source.is_absolute() && previous->operands[0].bits == 64;
      const bool constant_loaded = previous->operation == Operation::move &&
                                   source.kind == InstructionOperand::Kind::immediate;
      value = address_loaded || constant_loaded ? std::optional(source.address()) : std::nullopt;
    }
    address = previous->next();
  }
  return value;
}

}  // namespace tmbpf
