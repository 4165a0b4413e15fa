// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/operand_walk.h"

#include <vector>

namespace tmbpf {
namespace {

constexpr std::size_t kMaxDepth = 40;
constexpr std::size_t kMaxForks = 4;
constexpr std::size_t kMaxSteps = 600;

class GuardedCallWalk {
 public:
  GuardedCallWalk(const CodeIndex& code, const Guard& guard) : code_(code), guard_(guard) {}

  GuardedCall run() {
    work_.push_back({guard_.cold, RegisterState(), kMaxDepth, kMaxForks});
    for (std::size_t i = 0; i < kMaxSteps && !work_.empty(); ++i) {
      Path path = std::move(work_.back());
      work_.pop_back();
      step(std::move(path));
    }
    result_.cut = result_.cut || !work_.empty();
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
      result_.cut = true;
      return;
    }
    path.address = instruction->next();
    switch (instruction->operation) {
      case Operation::indirect_call:
      case Operation::indirect_jump:
        if (through_slot(path.state, instruction->operands[0])) {
          take(path.state);
        }
        return;
      case Operation::call:
      case Operation::leave_function:
        return;
      case Operation::jump:
        path.address = instruction->target;
        break;
      case Operation::conditional_jump:
        if (path.forks-- == 0) {
          result_.cut = true;
          return;
        }
        work_.push_back({instruction->target, path.state, path.left, path.forks});
        break;
      default:
        path.state.execute(*instruction);
    }
    work_.push_back(std::move(path));
  }

  [[nodiscard]] bool through_slot(const RegisterState& state,
                                  const InstructionOperand& operand) const {
    if (operand.is_register() && guard_.reg != kNoRegister) {
      return state.get(operand.reg) ==
             SymbolicValue{SymbolicValue::Kind::start_register, guard_.reg, 0};
    }
    if (operand.is_absolute()) {
      return guard_.slot != 0 && operand.address() == guard_.slot;
    }
    const InstructionOperand& slot = guard_.memory;
    return operand.kind == InstructionOperand::Kind::memory && operand.index == kNoRegister &&
           guard_.reg == kNoRegister && operand.value == slot.value && operand.base == slot.base &&
           state.get(operand.base) ==
               SymbolicValue{SymbolicValue::Kind::start_register, slot.base, 0};
  }

  void take(const RegisterState& state) {
    const CallArguments arguments{state.get(kRsi), state.get(kRdx)};
    const bool uses_rdx = guard_.role.op == TMBPF_OP_CALLOC || guard_.role.op == TMBPF_OP_REALLOC;
    if (result_.calls++ == 0) {
      result_.arguments = arguments;
      return;
    }
    result_.agreed = result_.agreed && arguments.rsi == result_.arguments.rsi &&
                     (!uses_rdx || arguments.rdx == result_.arguments.rdx);
  }

  const CodeIndex& code_;
  const Guard& guard_;
  std::vector<Path> work_;
  GuardedCall result_;
};

// A product of a register and a constant is what calloc's two operands say.
bool assign_product(const SymbolicValue& value, tmbpf_site& site) {
  if (value.kind != SymbolicValue::Kind::scaled_register) {
    return false;
  }
  site.op = TMBPF_OP_CALLOC;
  site.nelem.kind = TMBPF_OPERAND_REGISTER;
  site.nelem.reg = value.reg;
  site.size.kind = TMBPF_OPERAND_CONSTANT;
  site.size.value = value.value;
  return true;
}

bool assign(const SymbolicValue& value, tmbpf_operand& operand) {
  const std::optional<tmbpf_operand> converted = to_operand(value);
  operand = converted.value_or(tmbpf_operand{});
  return converted.has_value();
}

}  // namespace

GuardedCall walk_to_guarded_call(const CodeIndex& code, const Guard& guard) {
  return GuardedCallWalk(code, guard).run();
}

std::optional<tmbpf_operand> to_operand(const SymbolicValue& value) {
  tmbpf_operand operand{};
  operand.value = value.value;
  switch (value.kind) {
    case SymbolicValue::Kind::constant:
      operand.kind = TMBPF_OPERAND_CONSTANT;
      return operand;
    case SymbolicValue::Kind::start_register:
      operand.kind = TMBPF_OPERAND_REGISTER;
      operand.reg = value.reg;
      return operand;
    case SymbolicValue::Kind::start_memory:
      operand.kind = TMBPF_OPERAND_MEMORY;
      operand.reg = value.reg;
      return operand;
    default:
      return std::nullopt;
  }
}

bool fill_operands(const CallArguments& arguments, tmbpf_site& site) {
  switch (site.op) {
    case TMBPF_OP_MALLOC:
      return assign_product(arguments.rsi, site) || assign(arguments.rsi, site.size);
    case TMBPF_OP_CALLOC:
      return assign(arguments.rsi, site.nelem) && assign(arguments.rdx, site.size);
    case TMBPF_OP_REALLOC:
      return assign(arguments.rsi, site.ptr) && assign(arguments.rdx, site.size);
    case TMBPF_OP_FREE:
      return assign(arguments.rsi, site.ptr);
    default:
      return false;
  }
}

}  // namespace tmbpf
