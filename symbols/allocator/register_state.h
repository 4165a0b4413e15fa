// SPDX-License-Identifier: Apache-2.0
// Symbolic registers along one path: what each holds in terms of the path's start.
//
// Sound, not clever: whatever an instruction does that is not modelled makes what it writes
// unknown, and a store through an unknown pointer makes later loads unknown. What is spilled to the
// stack, by rsp or by rbp, is known when it is loaded again.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "symbols/allocator/instruction.h"

namespace tmbpf {

struct SymbolicValue {
  enum class Kind : std::uint8_t {
    unknown,
    constant,         // value
    start_register,   // what `reg` held at the start, + value
    start_memory,     // the 8 bytes that were at (`reg` at the start) + value
    scaled_register,  // what `reg` held at the start, * value
    low_half,         // the low 32 bits of `reg` at the start, zero-extended
    call_result,      // what the call at the start of the path returned
  };
  Kind kind = Kind::unknown;
  std::uint8_t reg = kNoRegister;
  std::int64_t value = 0;
  bool operator==(const SymbolicValue&) const = default;
};

class RegisterState {
 public:
  // Every register holds what it holds.
  RegisterState();
  // As after a call: rax is the result, what a call may change is unknown.
  static RegisterState after_call();

  // Applies one instruction that falls through (branches change nothing here).
  void execute(const Instruction& instruction);
  [[nodiscard]] const SymbolicValue& get(std::uint8_t reg) const { return registers_[reg]; }
  // A register that now holds `value`; `preferred` if it does.
  [[nodiscard]] std::optional<std::uint8_t> find(const SymbolicValue& value,
                                                 std::uint8_t preferred) const;

 private:
  [[nodiscard]] SymbolicValue read(const InstructionOperand& operand) const;
  [[nodiscard]] SymbolicValue load(const InstructionOperand& operand) const;
  [[nodiscard]] SymbolicValue address_of(const InstructionOperand& operand) const;
  [[nodiscard]] SymbolicValue result_of(const Instruction& instruction) const;
  void write(const Instruction& instruction, const SymbolicValue& value);
  void store(const InstructionOperand& operand, const SymbolicValue& value);
  void move_stack_pointer(std::int64_t bytes);

  // A word of the frame: rsp or rbp at the start, and the distance from it.
  using FrameWord = std::pair<std::uint8_t, std::int64_t>;

  std::array<SymbolicValue, kRegisterCount> registers_;
  std::map<FrameWord, SymbolicValue> frame_;  // what was stored there
  bool memory_changed_ = false;               // by a store elsewhere
};

}  // namespace tmbpf
