// SPDX-License-Identifier: Apache-2.0
// What registers and stack slots hold, as far as it matters for one question: did this object just
// come from the allocator, or may it come from a free list?
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/instruction.h"

namespace tmbpf {

struct OriginValue {
  enum class Kind : std::uint8_t {
    unknown,    // anything, a free list's object above all
    constant,   // value
    stack,      // the address `value` bytes from where rsp was at the entry
    allocator,  // the malloc, calloc or realloc function of a live PyMemAllocatorEx
    fresh,      // from the allocator, if each of `callees` returns nothing else
  };
  static constexpr std::size_t kMaxCallees = 4;

  Kind kind = Kind::unknown;
  std::uint8_t callee_count = 0;
  std::int64_t value = 0;
  std::array<std::uint64_t, kMaxCallees> callees{};  // sorted
  bool operator==(const OriginValue&) const = default;

  static OriginValue fresh() { return {.kind = Kind::fresh}; }
  static OriginValue result_of(std::uint64_t callee);
  static OriginValue constant(std::int64_t number);
};

// What holds when control comes from either. NULL from one side counts as nothing: a failed
// allocation, which is no object.
OriginValue join(const OriginValue& a, const OriginValue& b);

// What the code calls or reads to allocate.
struct AllocatorKnowledge {
  std::vector<std::uint64_t> functions;  // return only what the allocator gave
  std::vector<std::uint64_t> slots;      // function pointers of live PyMemAllocatorEx structs
  [[nodiscard]] bool allocates(std::uint64_t function) const;
  [[nodiscard]] bool is_slot(std::uint64_t vaddr) const;
};

class OriginState {
 public:
  // At a function's entry.
  OriginState();

  // Instructions that fall through, and calls.
  void execute(const Instruction& instruction, const CodeIndex& code,
               const AllocatorKnowledge& knowledge);
  [[nodiscard]] const OriginValue& get(std::uint8_t reg) const { return registers_[reg]; }
  [[nodiscard]] OriginValue at_stack(std::int64_t distance_from_rsp) const;
  [[nodiscard]] OriginValue read(const InstructionOperand& operand, const CodeIndex& code,
                                 const AllocatorKnowledge& knowledge) const;
  // True when this changed.
  bool merge(const OriginState& other);

 private:
  [[nodiscard]] OriginValue address_of(const InstructionOperand& operand) const;
  [[nodiscard]] OriginValue load(const InstructionOperand& operand, const CodeIndex& code,
                                 const AllocatorKnowledge& knowledge) const;
  [[nodiscard]] OriginValue result_of(const Instruction& instruction, const CodeIndex& code,
                                      const AllocatorKnowledge& knowledge) const;
  void call(const Instruction& instruction, const CodeIndex& code,
            const AllocatorKnowledge& knowledge);
  void store(const InstructionOperand& operand, const OriginValue& value);
  void write(const Instruction& instruction, const OriginValue& value);

  std::array<OriginValue, kRegisterCount> registers_;
  std::map<std::int64_t, OriginValue> stack_;  // 8-byte words by distance from rsp at the entry
};

}  // namespace tmbpf
