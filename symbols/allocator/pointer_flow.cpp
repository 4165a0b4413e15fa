// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/pointer_flow.h"

#include <map>
#include <set>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::int64_t kWordSize = 8;  // bytes
constexpr std::size_t kMaxSteps = 20'000;

// Where the pointer may be.
struct Holders {
  std::uint16_t registers = 0;
  std::int64_t depth = 0;                                 // of rsp below its place at the root
  std::set<std::pair<std::uint8_t, std::int64_t>> words;  // base register, distance from the root's
  bool operator==(const Holders&) const = default;

  [[nodiscard]] bool any() const { return registers != 0 || !words.empty(); }
  void join(const Holders& other) {
    registers = static_cast<std::uint16_t>(registers | other.registers);
    words.insert(other.words.begin(), other.words.end());
  }
};

std::uint16_t bit(std::uint8_t reg) {
  return reg < kRegisterCount ? static_cast<std::uint16_t>(1U << reg) : std::uint16_t{0};
}

class PointerFlow {
 public:
  explicit PointerFlow(const CodeIndex& code) : code_(code) {}

  std::vector<PointerUse> run(const Instruction& root) {
    Holders holders;
    holders.registers = bit(root.operands[0].reg);
    enter(root.next(), holders);
    for (std::size_t i = 0; i < kMaxSteps && !work_.empty(); ++i) {
      const std::uint64_t address = *work_.begin();
      work_.erase(work_.begin());
      step(address, states_[address]);
    }
    std::vector<PointerUse> found;
    for (const auto& [instruction, displacement] : uses_) {
      found.push_back({instruction, displacement});
    }
    return found;
  }

 private:
  void enter(std::uint64_t address, const Holders& holders) {
    if (!holders.any()) {
      return;
    }
    const auto [found, fresh] = states_.try_emplace(address, holders);
    Holders joined = found->second;
    joined.join(holders);
    if (fresh || joined != found->second) {
      found->second = joined;
      work_.insert(address);
    }
  }

  void step(std::uint64_t address, Holders holders) {
    const std::optional<Instruction> instruction = code_.at(address);
    if (!instruction) {
      return;
    }
    take_uses(*instruction, holders);
    switch (instruction->operation) {
      case Operation::leave_function:
      case Operation::indirect_jump:
        return;
      case Operation::jump:
        enter(instruction->target, holders);
        return;
      case Operation::conditional_jump:
        enter(instruction->target, holders);
        break;
      case Operation::call:
      case Operation::indirect_call:
        holders.registers = static_cast<std::uint16_t>(holders.registers & ~kCallClobbered);
        break;
      default:
        execute(*instruction, holders);
    }
    enter(instruction->next(), holders);
  }

  void take_uses(const Instruction& instruction, const Holders& holders) {
    for (const InstructionOperand& operand : instruction.operands) {
      if (operand.kind == InstructionOperand::Kind::memory && operand.index == kNoRegister &&
          instruction.operation != Operation::load_address &&
          (holders.registers & bit(operand.base)) != 0) {
        uses_.emplace(instruction.address, operand.value);
      }
    }
  }

  static std::pair<std::uint8_t, std::int64_t> word_at(const InstructionOperand& operand,
                                                       const Holders& holders) {
    return {operand.base, operand.value - (operand.base == kRsp ? holders.depth : 0)};
  }
  static bool is_word(const InstructionOperand& operand) {
    return operand.kind == InstructionOperand::Kind::memory && operand.index == kNoRegister &&
           (operand.base == kRsp || operand.base == kRbp);
  }
  static bool holds(const InstructionOperand& operand, const Holders& holders) {
    if (operand.is_register()) {
      return operand.bits == 64 && (holders.registers & bit(operand.reg)) != 0;
    }
    return is_word(operand) && operand.bits == 64 &&
           holders.words.contains(word_at(operand, holders));
  }

  static void execute(const Instruction& instruction, Holders& holders) {
    const auto& [first, second] = instruction.operands;
    const bool moves = instruction.operation == Operation::move && holds(second, holders);
    if (instruction.operation == Operation::push || instruction.operation == Operation::pop) {
      stack(instruction, holders);
      return;
    }
    if ((instruction.written >> kRbp & 1U) != 0) {
      std::erase_if(holders.words, [](const auto& word) { return word.first == kRbp; });
    }
    if (first.is_register() && first.reg == kRsp &&
        second.kind == InstructionOperand::Kind::immediate) {
      holders.depth += instruction.operation == Operation::subtract ? second.value : -second.value;
    }
    holders.registers = static_cast<std::uint16_t>(holders.registers & ~instruction.written);
    if (is_word(first) && instruction.writes_memory) {
      holders.words.erase(word_at(first, holders));
    }
    if (moves && first.is_register()) {
      holders.registers = static_cast<std::uint16_t>(holders.registers | bit(first.reg));
    } else if (moves && is_word(first)) {
      holders.words.insert(word_at(first, holders));
    }
  }

  static void stack(const Instruction& instruction, Holders& holders) {
    const bool push = instruction.operation == Operation::push;
    const bool held = holds(instruction.operands[0], holders);
    holders.depth += push ? kWordSize : 0;
    const std::pair<std::uint8_t, std::int64_t> top{kRsp, -holders.depth};
    const bool known = holders.words.contains(top);
    if (push) {
      if (held) {
        holders.words.insert(top);
      } else {
        holders.words.erase(top);
      }
      return;
    }
    holders.depth -= kWordSize;
    holders.words.erase(top);
    holders.registers = static_cast<std::uint16_t>(holders.registers & ~instruction.written);
    if (known) {
      holders.registers =
          static_cast<std::uint16_t>(holders.registers | bit(instruction.operands[0].reg));
    }
  }

  const CodeIndex& code_;
  std::set<std::uint64_t> work_;
  std::map<std::uint64_t, Holders> states_;
  std::map<std::uint64_t, std::int64_t> uses_;
};

}  // namespace

std::vector<PointerUse> follow_pointer(const CodeIndex& code, const Instruction& root) {
  return PointerFlow(code).run(root);
}

}  // namespace tmbpf
