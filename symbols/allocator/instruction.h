// SPDX-License-Identifier: Apache-2.0
// One decoded x86-64 instruction, reduced to what the planner asks about. The only user of Zydis.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tmbpf {

// General registers as the instruction encoding numbers them: rax 0, rcx 1, rdx 2, rbx 3, rsp 4,
// rbp 5, rsi 6, rdi 7, r8..r15 (what struct tmbpf_operand uses).
enum Register : std::uint8_t {
  kRax = 0,
  kRdx = 2,
  kRbx = 3,
  kRsp = 4,
  kRbp = 5,
  kRsi = 6,
  kRdi = 7,
  kNoRegister = 0xff,
};
constexpr std::size_t kRegisterCount = 16;
// Registers that a called function may change (System V ABI): all but rbx, rsp, rbp, r12..r15.
constexpr std::uint16_t kCallClobbered = 0x0fc7;

enum class Operation : std::uint8_t {
  other,  // known only by the registers it writes
  move,   // mov; both widths of the operands are the same
  load_address,
  add,
  subtract,
  exclusive_or,
  push,
  pop,
  compare,
  jump,
  conditional_jump,
  call,
  indirect_jump,
  indirect_call,
  leave_function,  // ret, ud2, hlt: nothing follows
};

struct InstructionOperand {
  enum class Kind : std::uint8_t { none, reg, immediate, memory };
  Kind kind = Kind::none;
  std::uint8_t reg = kNoRegister;    // general register; high-byte registers are kNoRegister
  std::uint8_t base = kNoRegister;   // memory: none and no index = `value` is the address
  std::uint8_t index = kNoRegister;  // memory
  std::uint8_t scale = 0;            // memory
  std::uint16_t bits = 0;
  std::int64_t value = 0;  // immediate (sign-extended), or displacement; rip-relative: resolved
  [[nodiscard]] bool is_register() const { return kind == Kind::reg && reg != kNoRegister; }
  [[nodiscard]] bool is_absolute() const {
    return kind == Kind::memory && base == kNoRegister && index == kNoRegister;
  }
  // The address of an absolute memory operand.
  [[nodiscard]] std::uint64_t address() const { return static_cast<std::uint64_t>(value); }
};

struct Instruction {
  std::uint64_t address = 0;
  std::uint64_t target = 0;   // of direct calls and jumps
  std::uint16_t written = 0;  // bit mask of general registers, implicit ones included
  std::uint8_t length = 0;
  Operation operation = Operation::other;
  bool jumps_if_equal = false;      // je
  bool jumps_if_not_equal = false;  // jne
  bool writes_memory = false;
  bool writes_flags = false;
  std::array<InstructionOperand, 2> operands;  // destination first
  [[nodiscard]] std::uint64_t next() const { return address + length; }
};

// std::nullopt when the bytes are no instruction (or are cut off).
std::optional<Instruction> decode_instruction(std::span<const std::byte> code,
                                              std::uint64_t address);

// What the linear pass over all code needs: several times cheaper than decode_instruction.
struct BriefInstruction {
  std::uint8_t length = 0;
  bool is_call = false;  // direct
  bool is_jump = false;  // direct, conditional or not
  bool is_compare = false;
  std::optional<std::uint64_t> target;    // of a direct call or jump
  std::optional<std::uint64_t> address;   // memory operand: absolute, or absolute + index * scale
  std::optional<std::int32_t> field;      // memory operand: base register + this, + index * scale
  std::optional<std::int64_t> immediate;  // of 4 or 8 bytes
};
std::optional<BriefInstruction> decode_brief(std::span<const std::byte> code,
                                             std::uint64_t address);

}  // namespace tmbpf
