// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/inner_entry.h"

#include "symbols/allocator/emulated_instruction.h"
#include "symbols/allocator/register_state.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxToEntry = 32;

// The register that holds at this point what `argument` held at the entry.
SymbolicValue place_of(const RegisterState& state, std::uint8_t argument) {
  const SymbolicValue wanted{SymbolicValue::Kind::start_register, argument, 0};
  const std::optional<std::uint8_t> reg = state.find(wanted, argument);
  return reg ? SymbolicValue{SymbolicValue::Kind::start_register, *reg, 0} : SymbolicValue{};
}

bool falls_through(const Instruction& instruction) {
  switch (instruction.operation) {
    case Operation::call:
    case Operation::indirect_call:
    case Operation::jump:
    case Operation::conditional_jump:
    case Operation::indirect_jump:
    case Operation::leave_function:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::optional<InnerEntry> find_inner_entry(const CodeIndex& code, std::uint64_t function) {
  RegisterState state;
  std::optional<Instruction> instruction = code.at(function);
  for (std::size_t i = 0; instruction && i < kMaxToEntry; ++i) {
    const std::uint64_t address = instruction->address;
    const bool entered = address != function && code.is_jump_target(address);
    if (!entered && is_emulated_at(code.image(), address)) {
      const SymbolicValue at_entry{SymbolicValue::Kind::start_register, kRsp, 0};
      return InnerEntry{
          address, {place_of(state, kRsi), place_of(state, kRdx)}, state.get(kRsp) == at_entry};
    }
    // A loop back to here would be counted again, a branch might leave without passing the site.
    if (entered || !falls_through(*instruction)) {
      return std::nullopt;
    }
    state.execute(*instruction);
    instruction = code.at(instruction->next());
  }
  return std::nullopt;
}

}  // namespace tmbpf
