// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/instruction.h"

#include <Zydis/Zydis.h>

#include <algorithm>

namespace tmbpf {
namespace {

using Operands = std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT>;

ZydisDecoder make_decoder(bool minimal) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MINIMAL, minimal ? ZYAN_TRUE : ZYAN_FALSE);
  return decoder;
}

// The general register that holds `reg`; ah..bh are not its low bits, so they count as none.
std::uint8_t register_number(ZydisRegister reg) {
  if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH) {
    return kNoRegister;
  }
  const ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  if (ZydisRegisterGetClass(full) != ZYDIS_REGCLASS_GPR64) {
    return kNoRegister;
  }
  return static_cast<std::uint8_t>(ZydisRegisterGetId(full));
}

std::uint16_t written_mask(const ZydisDecodedOperand& operand) {
  const bool writes = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || !writes) {
    return 0;
  }
  const ZydisRegister full =
      ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand.reg.value);
  if (ZydisRegisterGetClass(full) != ZYDIS_REGCLASS_GPR64) {
    return 0;
  }
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(ZydisRegisterGetId(full)));
}

InstructionOperand convert_memory(const ZydisDecodedInstruction& raw,
                                  const ZydisDecodedOperand& operand, std::uint64_t address) {
  InstructionOperand result;
  result.kind = InstructionOperand::Kind::memory;
  result.base = register_number(operand.mem.base);
  result.index = register_number(operand.mem.index);
  result.scale = operand.mem.scale;
  result.value = operand.mem.disp.has_displacement ? operand.mem.disp.value : 0;
  if (operand.mem.base == ZYDIS_REGISTER_RIP) {
    result.value =
        static_cast<std::int64_t>(address + raw.length + static_cast<std::uint64_t>(result.value));
  }
  const bool plain =
      operand.mem.segment != ZYDIS_REGISTER_FS && operand.mem.segment != ZYDIS_REGISTER_GS;
  const bool vector_index = operand.mem.index != ZYDIS_REGISTER_NONE && result.index == kNoRegister;
  if (!plain || vector_index) {
    result.kind = InstructionOperand::Kind::none;  // thread-local or gather: not ours to follow
  }
  return result;
}

InstructionOperand convert(const ZydisDecodedInstruction& raw, const ZydisDecodedOperand& operand,
                           std::uint64_t address) {
  InstructionOperand result;
  if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) {
    result.kind = InstructionOperand::Kind::reg;
    result.reg = register_number(operand.reg.value);
  } else if (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
    result.kind = InstructionOperand::Kind::immediate;
    result.value = operand.imm.value.s;
  } else if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
    result = convert_memory(raw, operand, address);
  }
  result.bits = operand.size;
  return result;
}

bool is_conditional_jump(const ZydisDecodedInstruction& raw) {
  return raw.meta.category == ZYDIS_CATEGORY_COND_BR;
}

Operation branch_operation(const ZydisDecodedInstruction& raw, bool direct) {
  if (is_conditional_jump(raw)) {
    return Operation::conditional_jump;
  }
  if (raw.mnemonic == ZYDIS_MNEMONIC_CALL) {
    return direct ? Operation::call : Operation::indirect_call;
  }
  return direct ? Operation::jump : Operation::indirect_jump;
}

Operation convert_operation(const ZydisDecodedInstruction& raw, bool direct) {
  switch (raw.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
      return Operation::move;
    case ZYDIS_MNEMONIC_LEA:
      return Operation::load_address;
    case ZYDIS_MNEMONIC_ADD:
      return Operation::add;
    case ZYDIS_MNEMONIC_SUB:
      return Operation::subtract;
    case ZYDIS_MNEMONIC_XOR:
      return Operation::exclusive_or;
    case ZYDIS_MNEMONIC_PUSH:
      return Operation::push;
    case ZYDIS_MNEMONIC_POP:
      return Operation::pop;
    case ZYDIS_MNEMONIC_CMP:
      return Operation::compare;
    case ZYDIS_MNEMONIC_CALL:
    case ZYDIS_MNEMONIC_JMP:
      return branch_operation(raw, direct);
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_INT3:
      return Operation::leave_function;
    default:
      return is_conditional_jump(raw) ? Operation::conditional_jump : Operation::other;
  }
}

bool writes_memory(const ZydisDecodedOperand& operand) {
  return operand.type == ZYDIS_OPERAND_TYPE_MEMORY &&
         (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}

bool writes_flags(const ZydisDecodedInstruction& raw) {
  const ZydisAccessedFlags* flags = raw.cpu_flags;
  return flags != nullptr &&
         (flags->modified | flags->set_0 | flags->set_1 | flags->undefined) != 0;
}

void convert_operands(const ZydisDecodedInstruction& raw, const Operands& operands,
                      Instruction& result) {
  for (std::size_t i = 0; i < raw.operand_count; ++i) {
    result.written = static_cast<std::uint16_t>(result.written | written_mask(operands[i]));
    result.writes_memory = result.writes_memory || writes_memory(operands[i]);
    if (i < raw.operand_count_visible && i < result.operands.size()) {
      result.operands[i] = convert(raw, operands[i], result.address);
    }
  }
  // A third operand (imul r, r, imm; shld) changes what the two mean: leave it to `written`.
  if (raw.operand_count_visible > result.operands.size()) {
    result.operation = Operation::other;
  }
}

}  // namespace

std::optional<Instruction> decode_instruction(std::span<const std::byte> code,
                                              std::uint64_t address) {
  static const ZydisDecoder decoder = make_decoder(false);
  ZydisDecodedInstruction raw;
  Operands operands;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &raw, operands.data()))) {
    return std::nullopt;
  }
  Instruction result;
  result.address = address;
  result.length = raw.length;
  const bool relative = raw.operand_count > 0 && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
                        operands[0].imm.is_relative != 0;
  result.operation = convert_operation(raw, relative);
  if (relative) {
    result.target = address + raw.length + static_cast<std::uint64_t>(operands[0].imm.value.s);
  }
  result.jumps_if_equal = raw.mnemonic == ZYDIS_MNEMONIC_JZ;
  result.jumps_if_not_equal = raw.mnemonic == ZYDIS_MNEMONIC_JNZ;
  result.writes_flags = writes_flags(raw);
  convert_operands(raw, operands, result);
  return result;
}

std::optional<BriefInstruction> decode_brief(std::span<const std::byte> code,
                                             std::uint64_t address) {
  static const ZydisDecoder decoder = make_decoder(true);
  ZydisDecoderContext context;
  ZydisDecodedInstruction raw;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeInstruction(&decoder, &context, code.data(), code.size(), &raw))) {
    return std::nullopt;
  }
  BriefInstruction result;
  result.length = raw.length;
  result.is_compare = raw.mnemonic == ZYDIS_MNEMONIC_CMP;
  const auto& immediate = raw.raw.imm[0];
  if (immediate.is_relative != 0) {
    result.is_call = raw.mnemonic == ZYDIS_MNEMONIC_CALL;
    result.is_jump = !result.is_call;
    result.target = address + raw.length + static_cast<std::uint64_t>(immediate.value.s);
  } else if (immediate.size >= 32) {
    result.immediate = immediate.value.s;
  }
  if ((raw.attributes & ZYDIS_ATTRIB_HAS_MODRM) == 0 || raw.raw.modrm.mod == 3) {
    return result;
  }
  if (raw.raw.modrm.mod != 0) {
    result.field = static_cast<std::int32_t>(raw.raw.disp.value);
  } else if (raw.raw.disp.size == 32) {
    const auto displacement = static_cast<std::uint64_t>(raw.raw.disp.value);
    const bool rip_relative = raw.raw.modrm.rm == 5;
    result.address = rip_relative ? address + raw.length + displacement : displacement;
  }
  return result;
}

}  // namespace tmbpf
