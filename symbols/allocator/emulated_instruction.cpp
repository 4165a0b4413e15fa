// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/emulated_instruction.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxInstructionSize = 15;

bool between(std::uint8_t value, std::uint8_t first, std::uint8_t last) {
  return value >= first && value <= last;
}

// Length of an emulated instruction with this beginning; 0 for any other.
std::size_t emulated_length(std::uint8_t first, std::uint8_t second) {
  if (first == 0x90 || between(first, 0x50, 0x57)) {
    return 1;  // nop, push
  }
  if (first == 0x66 && second == 0x90) {
    return 2;  // nop
  }
  if (first == 0x41 && between(second, 0x50, 0x57)) {
    return 2;  // push r8..r15
  }
  if (between(first, 0x70, 0x7f) || first == 0xeb) {
    return 2;  // jcc rel8, jmp rel8
  }
  if (first == 0xe8 || first == 0xe9) {
    return 5;  // call rel32, jmp rel32
  }
  return first == 0x0f && between(second, 0x80, 0x8f) ? 6 : 0;  // jcc rel32
}

}  // namespace

bool is_emulated_instruction(std::span<const std::byte> code) {
  if (!code.empty() && code[0] == std::byte{0xf2}) {  // bnd, as -fcf-protection puts on branches
    code = code.subspan(1);
    const auto opcode = code.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(code[0]);
    if (opcode == 0x90 || opcode == 0x66 || opcode == 0x41 || between(opcode, 0x50, 0x57)) {
      return false;
    }
  }
  if (code.empty()) {
    return false;
  }
  const auto first = std::to_integer<std::uint8_t>(code[0]);
  const auto second = code.size() > 1 ? std::to_integer<std::uint8_t>(code[1]) : std::uint8_t{0};
  const std::size_t length = emulated_length(first, second);
  return length != 0 && code.size() >= length;
}

bool is_emulated_at(const ElfImage& image, std::uint64_t vaddr) {
  return is_emulated_instruction(image.bytes_at(vaddr, kMaxInstructionSize));
}

}  // namespace tmbpf
