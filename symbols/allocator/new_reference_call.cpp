// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_call.h"

#include <algorithm>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::size_t kMaxDepth = 40;
constexpr std::size_t kMaxForks = 4;
constexpr std::size_t kMaxSteps = 600;
constexpr std::size_t kMaxToCount = 8;
constexpr std::uint64_t kMaxInstructionSize = 15;
constexpr std::size_t kMaxFromEntry = 64;

// PyRefTracerEvent: PyRefTracer_CREATE, PyRefTracer_DESTROY.
constexpr std::int64_t kCreate = 0;
constexpr std::int64_t kDestroy = 1;

class FlagMeaningWalk {
 public:
  FlagMeaningWalk(const CodeIndex& code, const TracingFlag& flag, const FlagTest& test,
                  const std::vector<std::uint64_t>& tellers)
      : code_(code), flag_(flag), test_(test), tellers_(tellers) {}

  FlagMeaning run() {
    work_.push_back({test_.set, RegisterState(), kMaxDepth, kMaxForks});
    for (std::size_t i = 0; i < kMaxSteps && !work_.empty(); ++i) {
      Path path = std::move(work_.back());
      work_.pop_back();
      step(std::move(path));
    }
    return result_;
  }

 private:
  struct Path {
    std::uint64_t address = 0;
    RegisterState state;
    std::size_t left = 0;
    std::size_t forks = 0;
  };

  void step(Path path) {
    const std::optional<Instruction> instruction = code_.at(path.address);
    if (!instruction || path.left-- == 0) {
      return;
    }
    path.address = instruction->next();
    switch (instruction->operation) {
      case Operation::indirect_call:
      case Operation::indirect_jump:
        if (flag_.is_function() && through_flag(path.state, instruction->operands[0])) {
          take_event(path.state);
        }
        return;
      case Operation::call:
        take_direct(*instruction, path.state);
        return;
      case Operation::leave_function:
        return;
      case Operation::jump:
        if (take_direct(*instruction, path.state)) {
          return;
        }
        path.address = instruction->target;
        break;
      case Operation::conditional_jump:
        if (path.forks-- == 0) {
          return;
        }
        work_.push_back({instruction->target, path.state, path.left, path.forks});
        break;
      default:
        path.state.execute(*instruction);
    }
    work_.push_back(std::move(path));
  }

  bool take_direct(const Instruction& instruction, const RegisterState& state) {
    const bool tells =
        std::find(tellers_.begin(), tellers_.end(), instruction.target) != tellers_.end();
    if (tells) {
      take(FlagMeaning::Kind::created, state.get(kRdi));
    }
    return tells;
  }

  [[nodiscard]] bool through_flag(const RegisterState& state,
                                  const InstructionOperand& operand) const {
    if (operand.is_register()) {
      return test_.reg != kNoRegister &&
             state.get(operand.reg) ==
                 SymbolicValue{SymbolicValue::Kind::start_register, test_.reg, 0};
    }
    const auto symbol = code_.image().symbol(flag_.symbol);
    return operand.is_absolute() && symbol && operand.address() == *symbol + flag_.offset;
  }

  void take_event(const RegisterState& state) {
    const SymbolicValue& event = state.get(kRsi);
    if (event.kind != SymbolicValue::Kind::constant) {
      take(FlagMeaning::Kind::unclear, {});
    } else if (event.value == kCreate) {
      take(FlagMeaning::Kind::created, state.get(kRdi));
    } else if (event.value == kDestroy) {
      take(FlagMeaning::Kind::destroyed, {});
    }
  }

  void take(FlagMeaning::Kind kind, const SymbolicValue& object) {
    if (result_.kind == FlagMeaning::Kind::nothing) {
      result_ = {kind, object};
    } else if (result_.kind != kind || !(result_.object == object)) {
      result_ = {FlagMeaning::Kind::unclear, {}};
    }
  }

  const CodeIndex& code_;
  const TracingFlag& flag_;
  const FlagTest& test_;
  const std::vector<std::uint64_t>& tellers_;
  std::vector<Path> work_;
  FlagMeaning result_;
};

// movq $1,(reg): PyObject.ob_refcnt is the first field.
std::uint8_t register_of_count(const Instruction& instruction) {
  const auto& [first, second] = instruction.operands;
  const bool counts = instruction.operation == Operation::move &&
                      first.kind == InstructionOperand::Kind::memory && first.value == 0 &&
                      first.index == kNoRegister && first.bits >= 32 &&
                      second.kind == InstructionOperand::Kind::immediate && second.value == 1;
  return counts ? first.base : std::uint8_t{kNoRegister};
}

bool is_branch(const Instruction& instruction) {
  switch (instruction.operation) {
    case Operation::jump:
    case Operation::conditional_jump:
    case Operation::call:
    case Operation::indirect_call:
    case Operation::indirect_jump:
    case Operation::leave_function:
      return true;
    default:
      return false;
  }
}

// The instruction before, if only that one leads to `address`.
std::optional<Instruction> before(const CodeIndex& code, std::uint64_t address) {
  for (std::uint64_t back = 1; back <= kMaxInstructionSize && !code.is_jump_target(address);
       ++back) {
    if (code.is_instruction(address - back)) {
      const auto instruction = code.at(address - back);
      return instruction && instruction->next() == address ? instruction : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<SymbolicValue> counted_object(const CodeIndex& code, const FlagTest& test) {
  std::uint16_t written = 0;
  const auto object = [&](const Instruction& instruction) {
    const std::uint8_t reg = register_of_count(instruction);
    const bool kept = reg != kNoRegister && (written >> reg & 1U) == 0;
    written = static_cast<std::uint16_t>(written | instruction.written);
    return kept ? std::optional(SymbolicValue{SymbolicValue::Kind::start_register, reg, 0})
                : std::nullopt;
  };
  std::optional<Instruction> instruction = before(code, test.jump);
  for (std::size_t i = 0; instruction && !is_branch(*instruction) && i < kMaxToCount; ++i) {
    if (const auto found = object(*instruction)) {
      return found;
    }
    instruction = before(code, instruction->address);
  }
  written = 0;
  instruction = code.at(test.clear);
  for (std::size_t i = 0; instruction && !is_branch(*instruction) && i < kMaxToCount; ++i) {
    if (const auto found = object(*instruction)) {
      return found;
    }
    instruction = code.at(instruction->next());
  }
  return std::nullopt;
}

FlagMeaning find_flag_meaning(const CodeIndex& code, const TracingFlag& flag, const FlagTest& test,
                              const std::vector<std::uint64_t>& tellers) {
  return FlagMeaningWalk(code, flag, test, tellers).run();
}

std::optional<SymbolicValue> first_argument_at(const CodeIndex& code, std::uint64_t function,
                                               std::uint64_t instruction) {
  RegisterState state;
  std::uint64_t address = function;
  for (std::size_t i = 0; i < kMaxFromEntry; ++i) {
    if (address == instruction) {
      const SymbolicValue wanted{SymbolicValue::Kind::start_register, kRdi, 0};
      const auto reg = state.find(wanted, kRdi);
      return reg ? std::optional(SymbolicValue{SymbolicValue::Kind::start_register, *reg, 0})
                 : std::nullopt;
    }
    const std::optional<Instruction> at = code.at(address);
    if (!at) {
      return std::nullopt;
    }
    switch (at->operation) {
      case Operation::call:
      case Operation::indirect_call:
      case Operation::indirect_jump:
      case Operation::leave_function:
        return std::nullopt;
      case Operation::jump:
        address = at->target;
        break;
      case Operation::conditional_jump:
        address = at->next();
        break;
      default:
        state.execute(*at);
        address = at->next();
    }
  }
  return std::nullopt;
}

}  // namespace tmbpf
