// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "symbols/allocator/register_state.h"

namespace tmbpf::test {
namespace {

using Kind = SymbolicValue::Kind;

constexpr SymbolicValue kUnknown{};

SymbolicValue start(Register reg, std::int64_t distance = 0) {
  return {Kind::start_register, reg, distance};
}
SymbolicValue number(std::int64_t value) { return {Kind::constant, kNoRegister, value}; }

RegisterState after(std::initializer_list<int> values, RegisterState state = RegisterState()) {
  std::vector<std::byte> code;
  for (const int value : values) {
    code.push_back(static_cast<std::byte>(value));
  }
  for (std::span<const std::byte> rest = code; !rest.empty();) {
    const auto instruction = decode_instruction(rest, 0x1000);
    EXPECT_TRUE(instruction);
    if (!instruction) {
      break;
    }
    state.execute(*instruction);
    rest = rest.subspan(instruction->length);
  }
  return state;
}

TEST(RegisterState, FollowsMovesConstantsAndDistances) {
  EXPECT_EQ(after({}).get(kRsi), start(kRsi));
  EXPECT_EQ(after({0x48, 0x89, 0xde}).get(kRsi), start(kRbx));               // mov %rbx,%rsi
  EXPECT_EQ(after({0x48, 0x8d, 0x73, 0x18}).get(kRsi), start(kRbx, 24));     // lea 24(%rbx),%rsi
  EXPECT_EQ(after({0x48, 0x83, 0xee, 0x08}).get(kRsi), start(kRsi, -8));     // sub $8,%rsi
  EXPECT_EQ(after({0xbe, 0x38, 0x00, 0x00, 0x00}).get(kRsi), number(0x38));  // mov $0x38,%esi
  EXPECT_EQ(after({0xbe, 0xff, 0xff, 0xff, 0xff}).get(kRsi), number(0xffffffff));
  EXPECT_EQ(after({0x48, 0xc7, 0xc6, 0xff, 0xff, 0xff, 0xff}).get(kRsi), number(-1));
  EXPECT_EQ(after({0x31, 0xf6}).get(kRsi), number(0));  // xor %esi,%esi
}

TEST(RegisterState, NeverTakesHalfARegisterForAWholeOne) {
  // mov %ebx,%esi keeps only the low half.
  EXPECT_EQ(after({0x89, 0xde}).get(kRsi).kind, Kind::low_half);
  EXPECT_EQ(after({0x40, 0x88, 0xde}).get(kRsi), kUnknown);        // mov %bl,%sil
  EXPECT_EQ(after({0x48, 0x63, 0xf3}).get(kRsi), kUnknown);        // movslq %ebx,%rsi
  EXPECT_EQ(after({0x8b, 0x74, 0x24, 0x08}).get(kRsi), kUnknown);  // mov 8(%rsp),%esi
  EXPECT_EQ(after({0x48, 0x0f, 0x44, 0xf3}).get(kRsi), kUnknown);  // cmove %rbx,%rsi
  EXPECT_EQ(after({0x48, 0xc1, 0xe6, 0x03}).get(kRsi), kUnknown);  // shl $3,%rsi
  EXPECT_EQ(after({0x48, 0x6b, 0xf3, 0x18}).get(kRsi), kUnknown);  // imul $24,%rbx,%rsi
  EXPECT_EQ(after({0x48, 0x87, 0xf3}).get(kRsi), kUnknown);        // xchg %rsi,%rbx
}

TEST(RegisterState, RemembersWhatThePathPutOnTheStack) {
  // push %rbx; push %rbp; pop %rsi; pop %rdx
  const RegisterState popped = after({0x53, 0x55, 0x5e, 0x5a});
  EXPECT_EQ(popped.get(kRsi), start(kRbp));
  EXPECT_EQ(popped.get(kRdx), start(kRbx));
  EXPECT_EQ(popped.get(kRsp), start(kRsp));
  // mov %rbx,8(%rsp); push %rax; mov 16(%rsp),%rsi
  EXPECT_EQ(after({0x48, 0x89, 0x5c, 0x24, 0x08, 0x50, 0x48, 0x8b, 0x74, 0x24, 0x10}).get(kRsi),
            start(kRbx));
  // movl $1,12(%rsp) overlaps the word at 8(%rsp)
  EXPECT_EQ(after({0xc7, 0x44, 0x24, 0x0c, 1, 0, 0, 0, 0x48, 0x8b, 0x74, 0x24, 0x08}).get(kRsi),
            kUnknown);
}

TEST(RegisterState, RemembersWhatThePathPutIntoItsFrame) {
  // mov %rcx,-0x40(%rbp); mov -0x38(%rbp),%rsi: another word, as it was at the start
  EXPECT_EQ(after({0x48, 0x89, 0x4d, 0xc0, 0x48, 0x8b, 0x75, 0xc8}).get(kRsi),
            (SymbolicValue{Kind::start_memory, kRbp, -0x38}));
  // mov %rbx,-0x38(%rbp); mov -0x38(%rbp),%rsi
  EXPECT_EQ(after({0x48, 0x89, 0x5d, 0xc8, 0x48, 0x8b, 0x75, 0xc8}).get(kRsi), start(kRbx));
  // the same with a store of %rax to (%rdx), which may be the frame, in between
  EXPECT_EQ(after({0x48, 0x89, 0x5d, 0xc8, 0x48, 0x89, 0x02, 0x48, 0x8b, 0x75, 0xc8}).get(kRsi),
            kUnknown);
  // mov %ecx,-0x38(%rbp): half a word
  EXPECT_EQ(after({0x89, 0x4d, 0xc8, 0x48, 0x8b, 0x75, 0xc8}).get(kRsi), kUnknown);
  // mov %rbx,8(%rsp); mov -0x38(%rbp),%rsi: may be the same word
  EXPECT_EQ(after({0x48, 0x89, 0x5c, 0x24, 0x08, 0x48, 0x8b, 0x75, 0xc8}).get(kRsi), kUnknown);
}

TEST(RegisterState, KnowsAProductOfARegisterAndAConstant) {
  // lea 0(,%r14,4),%rsi
  EXPECT_EQ(after({0x4a, 0x8d, 0x34, 0xb5, 0, 0, 0, 0}).get(kRsi),
            (SymbolicValue{Kind::scaled_register, 14, 4}));
  EXPECT_EQ(after({0x4a, 0x8d, 0x34, 0xb5, 8, 0, 0, 0}).get(kRsi), kUnknown);  // 8(,%r14,4)
  EXPECT_EQ(after({0x42, 0x8d, 0x34, 0xb5, 0, 0, 0, 0}).get(kRsi), kUnknown);  // into %esi
}

TEST(RegisterState, ReadsMemoryOnlyWhileNothingWasStored) {
  const SymbolicValue loaded{Kind::start_memory, kRsp, 8};
  EXPECT_EQ(after({0x48, 0x8b, 0x74, 0x24, 0x08}).get(kRsi), loaded);  // mov 8(%rsp),%rsi
  // mov %rax,(%rdx); mov 8(%rsp),%rsi: rdx may point there
  EXPECT_EQ(after({0x48, 0x89, 0x02, 0x48, 0x8b, 0x74, 0x24, 0x08}).get(kRsi), kUnknown);
  // mov %fs:0x28,%rsi is not at an address that we know
  EXPECT_EQ(after({0x64, 0x48, 0x8b, 0x34, 0x25, 0x28, 0, 0, 0}).get(kRsi), kUnknown);
}

TEST(RegisterState, KnowsWhatACallLeaves) {
  const RegisterState state = RegisterState::after_call();
  EXPECT_EQ(state.get(kRax).kind, Kind::call_result);
  EXPECT_EQ(state.get(kRbx), start(kRbx));
  for (const int reg : {1, 2, 6, 7, 8, 9, 10, 11}) {
    EXPECT_EQ(state.get(static_cast<std::uint8_t>(reg)), kUnknown);
  }
  // mov %rax,%rbp; xor %eax,%eax
  const RegisterState moved = after({0x48, 0x89, 0xc5, 0x31, 0xc0}, state);
  EXPECT_EQ(moved.find({Kind::call_result, kNoRegister, 0}, kRax), kRbp);
}

}  // namespace
}  // namespace tmbpf::test
