// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/register_state.h"

namespace tmbpf {
namespace {

using Kind = SymbolicValue::Kind;

constexpr std::int64_t kWord = 8;
// Distances beyond this are no field or stack offset; keeps the arithmetic free of overflow.
constexpr std::int64_t kMaxDistance = std::int64_t{1} << 40;

constexpr InstructionOperand kTopOfStack{
    .kind = InstructionOperand::Kind::memory, .base = kRsp, .bits = 64};

SymbolicValue constant(std::int64_t value) { return {Kind::constant, kNoRegister, value}; }

std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// rbp may be a frame pointer; where it is not, what is stored by it counts as any other memory.
bool is_frame_register(std::uint8_t reg) { return reg == kRsp || reg == kRbp; }

SymbolicValue plus(const SymbolicValue& value, std::int64_t distance) {
  if (distance == 0) {
    return value;
  }
  const std::int64_t sum = wrapping_add(value.value, distance);
  if (value.kind == Kind::constant) {
    return constant(sum);
  }
  if (value.kind == Kind::start_register && sum < kMaxDistance && sum > -kMaxDistance) {
    return {value.kind, value.reg, sum};
  }
  return {};
}

SymbolicValue scaled(const SymbolicValue& value, std::int64_t factor) {
  if (value.kind == Kind::start_register && value.value == 0) {
    return {Kind::scaled_register, value.reg, factor};
  }
  return {};
}

// What a 32-bit write of `value` leaves in the 64-bit register.
SymbolicValue truncated(const SymbolicValue& value) {
  if (value.kind == Kind::constant) {
    return constant(static_cast<std::int64_t>(static_cast<std::uint32_t>(value.value)));
  }
  if (value.kind == Kind::start_register && value.value == 0) {
    return {Kind::low_half, value.reg, 0};
  }
  return value.kind == Kind::low_half ? value : SymbolicValue{};
}

bool same_register(const Instruction& instruction) {
  const auto& [first, second] = instruction.operands;
  return first.is_register() && second.is_register() && first.reg == second.reg;
}

}  // namespace

RegisterState::RegisterState() {
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    registers_[reg] = {Kind::start_register, reg, 0};
  }
}

RegisterState RegisterState::after_call() {
  RegisterState state;
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    if ((kCallClobbered >> reg & 1U) != 0) {
      state.registers_[reg] = {};
    }
  }
  state.registers_[kRax] = {Kind::call_result, kNoRegister, 0};
  state.memory_changed_ = true;
  return state;
}

std::optional<std::uint8_t> RegisterState::find(const SymbolicValue& value,
                                                std::uint8_t preferred) const {
  if (registers_[preferred] == value) {
    return preferred;
  }
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    if (registers_[reg] == value) {
      return reg;
    }
  }
  return std::nullopt;
}

SymbolicValue RegisterState::address_of(const InstructionOperand& operand) const {
  if (operand.kind != InstructionOperand::Kind::memory) {
    return {};
  }
  SymbolicValue result = operand.base == kNoRegister ? constant(0) : registers_[operand.base];
  if (operand.index != kNoRegister) {
    const SymbolicValue& index = registers_[operand.index];
    if (index.kind == Kind::constant) {
      const auto scaled = static_cast<std::uint64_t>(index.value) * operand.scale;
      result = plus(result, static_cast<std::int64_t>(scaled));
    } else if (result == constant(0) && operand.scale == 1) {
      result = index;
    } else if (result == constant(0) && operand.value == 0) {
      return scaled(index, operand.scale);
    } else {
      return {};
    }
  }
  const bool linear = result.kind == Kind::constant || result.kind == Kind::start_register;
  return linear ? plus(result, operand.value) : SymbolicValue{};
}

SymbolicValue RegisterState::load(const InstructionOperand& operand) const {
  const SymbolicValue address = address_of(operand);
  if (operand.bits != 64 || address.kind != Kind::start_register) {
    return {};
  }
  bool others = false;  // something was stored by another register: it may overlap
  for (const auto& [word, value] : frame_) {
    const auto& [reg, offset] = word;
    others = others || reg != address.reg;
    if (reg == address.reg && offset == address.value) {
      return value;
    }
    if (reg == address.reg && offset > address.value - kWord && offset < address.value + kWord) {
      return {};
    }
  }
  if (memory_changed_ || others) {
    return {};
  }
  return {Kind::start_memory, address.reg, address.value};
}

SymbolicValue RegisterState::read(const InstructionOperand& operand) const {
  switch (operand.kind) {
    case InstructionOperand::Kind::reg:
      if (!operand.is_register() || operand.bits < 32) {
        return {};
      }
      return operand.bits == 64 ? registers_[operand.reg] : truncated(registers_[operand.reg]);
    case InstructionOperand::Kind::immediate:
      return constant(operand.value);
    case InstructionOperand::Kind::memory:
      return load(operand);
    default:
      return {};
  }
}

SymbolicValue RegisterState::result_of(const Instruction& instruction) const {
  const auto& [first, second] = instruction.operands;
  switch (instruction.operation) {
    case Operation::move:
      return read(second);
    case Operation::load_address:
      return address_of(second);
    case Operation::add:
    case Operation::subtract: {
      if (instruction.operation == Operation::subtract && same_register(instruction)) {
        return constant(0);
      }
      const SymbolicValue amount = read(second);
      if (amount.kind != Kind::constant || first.kind != InstructionOperand::Kind::reg) {
        return {};
      }
      const bool add = instruction.operation == Operation::add;
      return plus(read(first), add ? amount.value : wrapping_add(~amount.value, 1));
    }
    case Operation::exclusive_or:
      return same_register(instruction) ? constant(0) : SymbolicValue{};
    default:
      return {};
  }
}

void RegisterState::store(const InstructionOperand& operand, const SymbolicValue& value) {
  const SymbolicValue address = address_of(operand);
  if (address.kind != Kind::start_register || !is_frame_register(address.reg)) {
    memory_changed_ = true;
    for (auto& [word, known] : frame_) {
      known = word.first == kRsp ? known : SymbolicValue{};
    }
    return;
  }
  const std::int64_t size = operand.bits / 8;
  for (auto word = frame_.begin(); word != frame_.end();) {
    const auto& [reg, offset] = word->first;
    const bool overlaps =
        reg == address.reg && offset < address.value + size && offset + kWord > address.value;
    word = overlaps ? frame_.erase(word) : std::next(word);
  }
  // A narrow or wide store still occupies its words, as unknown.
  for (std::int64_t at = 0; at < size; at += kWord) {
    frame_[{address.reg, address.value + at}] = operand.bits == 64 ? value : SymbolicValue{};
  }
}

void RegisterState::write(const Instruction& instruction, const SymbolicValue& value) {
  const InstructionOperand& destination = instruction.operands[0];
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    if ((instruction.written >> reg & 1U) != 0) {
      registers_[reg] = {};
    }
  }
  if (destination.is_register() && (instruction.written >> destination.reg & 1U) != 0) {
    if (destination.bits == 64) {
      registers_[destination.reg] = value;
    } else if (destination.bits == 32) {
      registers_[destination.reg] = truncated(value);
    }
  }
}

void RegisterState::move_stack_pointer(std::int64_t bytes) {
  registers_[kRsp] = plus(registers_[kRsp], bytes);
}

void RegisterState::execute(const Instruction& instruction) {
  if (instruction.operation == Operation::push) {
    const SymbolicValue value = read(instruction.operands[0]);
    move_stack_pointer(-kWord);
    store(kTopOfStack, value);
    return;
  }
  if (instruction.operation == Operation::pop) {
    const SymbolicValue value = load(kTopOfStack);
    move_stack_pointer(kWord);
    const SymbolicValue stack_pointer = registers_[kRsp];
    write(instruction, value);
    registers_[kRsp] = instruction.operands[0].reg == kRsp ? SymbolicValue{} : stack_pointer;
    return;
  }
  const SymbolicValue value = result_of(instruction);
  if (instruction.writes_memory) {
    if (instruction.operands[0].kind == InstructionOperand::Kind::memory) {
      const bool moves = instruction.operation == Operation::move;
      store(instruction.operands[0], moves ? value : SymbolicValue{});
    } else {
      memory_changed_ = true;
    }
  }
  write(instruction, value);
}

}  // namespace tmbpf
