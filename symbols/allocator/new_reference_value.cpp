// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_value.h"

#include <algorithm>

#include "symbols/allocator/new_reference_pool_pop.h"

namespace tmbpf {
namespace {

using Value = OriginValue;
using OperandKind = InstructionOperand::Kind;

constexpr std::int64_t kWord = 8;
constexpr std::int64_t kMaxDistance = std::int64_t{1} << 40;

// rdi, rsi, rdx, rcx, r8, r9: what a function gets (System V ABI).
constexpr std::array<std::uint8_t, 6> kArguments = {kRdi, kRsi, kRdx, 1, 8, 9};

constexpr InstructionOperand kTopOfStack{.kind = OperandKind::memory, .base = kRsp, .bits = 64};

bool is_number(const Value& value) {
  return value.kind == Value::Kind::constant || value.kind == Value::Kind::stack;
}

bool is_null(const Value& value) { return value == Value::constant(0); }

Value plus(Value value, std::int64_t distance) {
  if (value.kind == Value::Kind::fresh) {
    return value;
  }
  if (!is_number(value) || distance > kMaxDistance || distance < -kMaxDistance ||
      value.value > kMaxDistance || value.value < -kMaxDistance) {
    return {};
  }
  value.value += distance;
  return value;
}

bool same_register(const Instruction& instruction) {
  const auto& [first, second] = instruction.operands;
  return first.is_register() && second.is_register() && first.reg == second.reg;
}

// Whether an object lies behind a header whose size depends on its type.
bool is_moved_object(const Value& a, const Value& b) {
  return a.kind == Value::Kind::fresh && b.kind == Value::Kind::unknown;
}

Value sum(const Value& a, const Value& b) {
  if (is_moved_object(a, b)) {
    return a;
  }
  if (is_moved_object(b, a)) {
    return b;
  }
  if (a.kind == Value::Kind::constant) {
    return plus(b, a.value);
  }
  return b.kind == Value::Kind::constant ? plus(a, b.value) : Value{};
}

}  // namespace

Value Value::result_of(std::uint64_t callee) {
  Value value = fresh();
  value.callee_count = 1;
  value.callees[0] = callee;
  return value;
}

Value Value::constant(std::int64_t number) { return {.kind = Kind::constant, .value = number}; }

Value join(const Value& a, const Value& b) {
  if (a == b || (is_null(b) && a.kind == Value::Kind::fresh)) {
    return a;
  }
  if (is_null(a) && b.kind == Value::Kind::fresh) {
    return b;
  }
  if (a.kind != Value::Kind::fresh || b.kind != Value::Kind::fresh) {
    return {};
  }
  std::vector<std::uint64_t> all(a.callees.begin(), a.callees.begin() + a.callee_count);
  all.insert(all.end(), b.callees.begin(), b.callees.begin() + b.callee_count);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.size() > Value::kMaxCallees) {
    return {};
  }
  Value both = Value::fresh();
  both.callee_count = static_cast<std::uint8_t>(all.size());
  std::copy(all.begin(), all.end(), both.callees.begin());
  return both;
}

bool AllocatorKnowledge::allocates(std::uint64_t function) const {
  return std::binary_search(functions.begin(), functions.end(), function);
}

bool AllocatorKnowledge::is_slot(std::uint64_t vaddr) const {
  return std::find(slots.begin(), slots.end(), vaddr) != slots.end();
}

OriginState::OriginState() { registers_[kRsp] = {.kind = Value::Kind::stack}; }

OriginValue OriginState::at_stack(std::int64_t distance_from_rsp) const {
  const Value address = plus(registers_[kRsp], distance_from_rsp);
  const auto found = stack_.find(address.value);
  return address.kind == Value::Kind::stack && found != stack_.end() ? found->second : Value{};
}

OriginValue OriginState::address_of(const InstructionOperand& operand) const {
  if (operand.kind != OperandKind::memory) {
    return {};
  }
  Value result = operand.base == kNoRegister ? Value::constant(0) : registers_[operand.base];
  if (operand.index != kNoRegister) {
    const Value& index = registers_[operand.index];
    result = sum(result, operand.scale == 1 ? index : Value{});
  }
  return plus(result, operand.value);
}

OriginValue OriginState::load(const InstructionOperand& operand, const CodeIndex& code,
                              const AllocatorKnowledge& knowledge) const {
  const Value address = address_of(operand);
  if (operand.bits != 64 || !is_number(address)) {
    return {};
  }
  if (address.kind == Value::Kind::stack) {
    const auto found = stack_.find(address.value);
    return found == stack_.end() ? Value{} : found->second;
  }
  const auto vaddr = static_cast<std::uint64_t>(address.value);
  if (knowledge.is_slot(vaddr)) {
    return {.kind = Value::Kind::allocator};
  }
  const auto name = code.image().got_target(vaddr);
  const auto symbol = name ? code.image().symbol(*name) : std::nullopt;
  return symbol ? Value::constant(static_cast<std::int64_t>(*symbol)) : Value{};
}

OriginValue OriginState::read(const InstructionOperand& operand, const CodeIndex& code,
                              const AllocatorKnowledge& knowledge) const {
  switch (operand.kind) {
    case OperandKind::reg:
      return operand.is_register() && operand.bits == 64 ? registers_[operand.reg] : Value{};
    case OperandKind::immediate:
      return Value::constant(operand.value);
    case OperandKind::memory:
      return load(operand, code, knowledge);
    default:
      return {};
  }
}

OriginValue OriginState::result_of(const Instruction& instruction, const CodeIndex& code,
                                   const AllocatorKnowledge& knowledge) const {
  const auto& [first, second] = instruction.operands;
  switch (instruction.operation) {
    case Operation::move:
      return is_pool_pop(code, instruction) ? Value::fresh() : read(second, code, knowledge);
    case Operation::load_address:
      return address_of(second);
    case Operation::add:
      return first.kind == OperandKind::reg
                 ? sum(read(first, code, knowledge), read(second, code, knowledge))
                 : Value{};
    case Operation::subtract: {
      const Value amount = same_register(instruction) ? Value{} : read(second, code, knowledge);
      return amount.kind == Value::Kind::constant && first.kind == OperandKind::reg
                 ? plus(read(first, code, knowledge), -amount.value)
                 : Value{};
    }
    case Operation::exclusive_or:
      return same_register(instruction) ? Value::constant(0) : Value{};
    default:
      return {};
  }
}

void OriginState::store(const InstructionOperand& operand, const OriginValue& value) {
  const Value address = address_of(operand);
  if (address.kind != Value::Kind::stack) {
    return;  // what has no address taken is not reached otherwise
  }
  const std::int64_t size = std::max<std::int64_t>(operand.bits / 8, 1);
  for (auto slot = stack_.begin(); slot != stack_.end();) {
    const bool overlaps = slot->first < address.value + size && slot->first + kWord > address.value;
    slot = overlaps ? stack_.erase(slot) : std::next(slot);
  }
  if (operand.bits == 64 && value.kind != Value::Kind::unknown) {
    stack_[address.value] = value;
  }
}

void OriginState::write(const Instruction& instruction, const OriginValue& value) {
  const InstructionOperand& destination = instruction.operands[0];
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    if ((instruction.written >> reg & 1U) != 0) {
      registers_[reg] = {};
    }
  }
  if (!destination.is_register() || (instruction.written >> destination.reg & 1U) == 0) {
    return;
  }
  if (destination.bits == 64) {
    registers_[destination.reg] = value;
  } else if (destination.bits == 32 && value.kind == Value::Kind::constant) {
    registers_[destination.reg] = Value::constant(static_cast<std::uint32_t>(value.value));
  }
}

void OriginState::call(const Instruction& instruction, const CodeIndex& code,
                       const AllocatorKnowledge& knowledge) {
  Value result;
  if (instruction.operation == Operation::call) {
    result = knowledge.allocates(instruction.target) ? Value::fresh()
                                                     : Value::result_of(instruction.target);
  } else if (read(instruction.operands[0], code, knowledge).kind == Value::Kind::allocator) {
    result = Value::fresh();
  }
  for (const std::uint8_t argument : kArguments) {
    const Value& passed = registers_[argument];
    if (passed.kind == Value::Kind::stack) {
      stack_.erase(stack_.lower_bound(passed.value), stack_.end());
    }
  }
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    if ((kCallClobbered >> reg & 1U) != 0) {
      registers_[reg] = {};
    }
  }
  registers_[kRax] = result;
}

void OriginState::execute(const Instruction& instruction, const CodeIndex& code,
                          const AllocatorKnowledge& knowledge) {
  const InstructionOperand& first = instruction.operands[0];
  switch (instruction.operation) {
    case Operation::call:
    case Operation::indirect_call:
      call(instruction, code, knowledge);
      return;
    case Operation::push: {
      const Value value = read(first, code, knowledge);
      registers_[kRsp] = plus(registers_[kRsp], -kWord);
      store(kTopOfStack, value);
      return;
    }
    case Operation::pop: {
      const Value value = load(kTopOfStack, code, knowledge);
      const Value stack_pointer = plus(registers_[kRsp], kWord);
      write(instruction, value);
      registers_[kRsp] = stack_pointer;
      return;
    }
    default:
      break;
  }
  const Value value = result_of(instruction, code, knowledge);
  if (instruction.writes_memory) {
    store(first, instruction.operation == Operation::move ? value : Value{});
  }
  write(instruction, value);
}

bool OriginState::merge(const OriginState& other) {
  bool changed = false;
  const auto meet = [&changed](Value& mine, const Value& theirs) {
    const Value both = join(mine, theirs);
    changed = changed || !(both == mine);
    mine = both;
  };
  for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
    meet(registers_[reg], other.registers_[reg]);
  }
  for (auto slot = stack_.begin(); slot != stack_.end();) {
    const auto theirs = other.stack_.find(slot->first);
    meet(slot->second, theirs == other.stack_.end() ? Value{} : theirs->second);
    slot = slot->second.kind == Value::Kind::unknown ? stack_.erase(slot) : std::next(slot);
  }
  return changed;
}

}  // namespace tmbpf
