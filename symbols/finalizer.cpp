// SPDX-License-Identifier: Apache-2.0
#include "symbols/finalizer.h"

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/emulated_instruction.h"

namespace tmbpf {
namespace {

constexpr int kMaxInstructions = 16;  // from a function's entry; longer ones hand on nothing

// Where a function that is only a check and a jump hands on to.
std::optional<std::uint64_t> handed_on_to(const ElfImage& image, std::uint64_t function) {
  const std::optional<FunctionRange> range = image.function_around(function);
  std::uint64_t vaddr = function;
  for (int count = 0; range && count < kMaxInstructions; ++count) {
    const std::optional<Instruction> instruction = instruction_at(image, vaddr);
    if (!instruction || vaddr >= range->end || instruction->operation == Operation::call ||
        instruction->operation == Operation::indirect_call ||
        instruction->operation == Operation::indirect_jump) {
      return std::nullopt;
    }
    if (instruction->operation == Operation::jump &&
        (instruction->target < range->start || instruction->target >= range->end)) {
      return instruction->target;
    }
    vaddr = instruction->next();
  }
  return std::nullopt;
}

// Straight on from the entry: the first branch ends what always runs, and is itself emulated.
std::optional<std::uint64_t> first_emulated(const ElfImage& image, std::uint64_t function) {
  std::uint64_t vaddr = function;
  for (int count = 0; count < kMaxInstructions; ++count) {
    if (is_emulated_at(image, vaddr)) {
      return vaddr;
    }
    const std::optional<Instruction> instruction = instruction_at(image, vaddr);
    if (!instruction || instruction->operation == Operation::leave_function ||
        instruction->operation == Operation::indirect_jump) {
      return std::nullopt;
    }
    vaddr = instruction->next();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> find_finalizer(const ElfImage& image) {
  const std::optional<std::uint64_t> entry = image.symbol("Py_FinalizeEx");
  if (!entry) {
    return std::nullopt;
  }
  return first_emulated(image, handed_on_to(image, *entry).value_or(*entry));
}

}  // namespace tmbpf
