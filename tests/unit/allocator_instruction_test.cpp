// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "symbols/allocator/emulated_instruction.h"
#include "symbols/allocator/instruction.h"

namespace tmbpf::test {
namespace {

std::vector<std::byte> code(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) {
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

bool emulated(std::initializer_list<int> values) { return is_emulated_instruction(code(values)); }

TEST(EmulatedInstruction, IsANopAPushOrARelativeBranch) {
  EXPECT_TRUE(emulated({0x90}));                                // nop
  EXPECT_TRUE(emulated({0x66, 0x90}));                          // xchg %ax,%ax
  EXPECT_TRUE(emulated({0x55}));                                // push %rbp
  EXPECT_TRUE(emulated({0x41, 0x57}));                          // push %r15
  EXPECT_TRUE(emulated({0x75, 0x0c}));                          // jne rel8
  EXPECT_TRUE(emulated({0x0f, 0x84, 0x00, 0x01, 0x00, 0x00}));  // je rel32
  EXPECT_TRUE(emulated({0xeb, 0xfe}));                          // jmp rel8
  EXPECT_TRUE(emulated({0xe9, 0x00, 0x01, 0x00, 0x00}));        // jmp rel32
  EXPECT_TRUE(emulated({0xe8, 0x00, 0x01, 0x00, 0x00}));        // call rel32
  EXPECT_TRUE(emulated({0xf2, 0xe9, 0x00, 0x01, 0x00, 0x00}));  // bnd jmp rel32
}

TEST(EmulatedInstruction, IsNothingElse) {
  EXPECT_FALSE(emulated({}));
  EXPECT_FALSE(emulated({0xf3, 0x0f, 0x1e, 0xfa}));              // endbr64
  EXPECT_FALSE(emulated({0x0f, 0x1f, 0x44, 0x00, 0x00}));        // 5-byte nop
  EXPECT_FALSE(emulated({0xf3, 0x90}));                          // pause
  EXPECT_FALSE(emulated({0x41, 0x90}));                          // xchg %r8,%rax
  EXPECT_FALSE(emulated({0x48, 0x55}));                          // push with REX.W
  EXPECT_FALSE(emulated({0xf2, 0x55}));                          // push with a prefix
  EXPECT_FALSE(emulated({0x5d}));                                // pop %rbp
  EXPECT_FALSE(emulated({0xc3}));                                // ret
  EXPECT_FALSE(emulated({0x48, 0x89, 0xc3}));                    // mov
  EXPECT_FALSE(emulated({0x66, 0xe8, 0x00, 0x01, 0x00, 0x00}));  // refused by the kernel
  EXPECT_FALSE(emulated({0xff, 0x25, 0x00, 0x01, 0x00, 0x00}));  // jmp *
  EXPECT_FALSE(emulated({0xe3, 0x10}));                          // jrcxz
  EXPECT_FALSE(emulated({0x6a, 0x10}));                          // push imm8
  EXPECT_FALSE(emulated({0xe8, 0x00}));                          // cut off
}

TEST(InstructionDecoder, ResolvesRipRelativeOperandsAndBranches) {
  // mov 0x488798(%rip),%rax
  const auto load = decode_instruction(code({0x48, 0x8b, 0x05, 0x98, 0x87, 0x48, 0x00}), 0x4cc8c9);
  ASSERT_TRUE(load);
  EXPECT_EQ(load->operation, Operation::move);
  EXPECT_EQ(load->operands[0].reg, kRax);
  ASSERT_TRUE(load->operands[1].is_absolute());
  EXPECT_EQ(load->operands[1].address(), 0x955068U);
  EXPECT_EQ(load->operands[1].bits, 64);
  EXPECT_EQ(load->written, 1U << kRax);
  // jne +0x11
  const auto jump = decode_instruction(code({0x75, 0x11}), 0x4cc8dd);
  ASSERT_TRUE(jump);
  EXPECT_EQ(jump->operation, Operation::conditional_jump);
  EXPECT_TRUE(jump->jumps_if_not_equal && !jump->jumps_if_equal);
  EXPECT_EQ(jump->target, 0x4cc8f0U);
  EXPECT_EQ(jump->next(), 0x4cc8dfU);
}

TEST(InstructionDecoder, BriefAndFullFormsAgree) {
  // cmp $0x4cc9d0,%rax; addq $1,0x5ae1d6(%rip); mov 0x954d20(,%rax,8),%rdx; call
  const auto compare = decode_brief(code({0x48, 0x3d, 0xd0, 0xc9, 0x4c, 0x00}), 0x4cc8d7);
  ASSERT_TRUE(compare && compare->is_compare);
  EXPECT_EQ(compare->immediate, 0x4cc9d0);
  const auto count = decode_brief(code({0x48, 0x83, 0x05, 0xd6, 0xe1, 0x5a, 0x00, 0x01}), 0x4d0ca2);
  ASSERT_TRUE(count);
  EXPECT_EQ(count->address, 0xa7ee80U);
  const auto indexed =
      decode_brief(code({0x48, 0x8b, 0x14, 0xc5, 0x20, 0x4d, 0x95, 0x00}), 0x4d0bf9);
  ASSERT_TRUE(indexed);
  EXPECT_EQ(indexed->address, 0x954d20U);
  const auto call = decode_brief(code({0xe8, 0x27, 0x00, 0x00, 0x00}), 0x4d0cb4);
  ASSERT_TRUE(call && call->is_call && !call->is_jump);
  EXPECT_EQ(call->target, 0x4d0ce0U);
}

TEST(InstructionDecoder, CountsImplicitWritesAndRefusesGarbage) {
  const auto divide = decode_instruction(code({0x48, 0xf7, 0xf6}), 0);  // div %rsi
  ASSERT_TRUE(divide);
  EXPECT_EQ(divide->written, (1U << kRax) | (1U << kRdx));
  const auto byte = decode_instruction(code({0xb4, 0x01}), 0);  // mov $1,%ah
  ASSERT_TRUE(byte);
  EXPECT_EQ(byte->written, 1U << kRax);
  EXPECT_FALSE(byte->operands[0].is_register());
  EXPECT_FALSE(decode_instruction(code({0x06}), 0));
  EXPECT_FALSE(decode_instruction({}, 0));
  EXPECT_FALSE(decode_brief({}, 0));
}

}  // namespace
}  // namespace tmbpf::test
