// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/refill_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// offsetof(struct pool_header, nextpool).
constexpr std::int64_t kNextPool = 16;
constexpr std::size_t kMaxInstructions = 400;
constexpr std::size_t kMaxToCall = 12;

// The first direct call from here without a condition in between.
std::optional<std::uint64_t> first_call(const ElfImage& image, std::uint64_t address) {
  for (std::size_t i = 0; i < kMaxToCall; ++i) {
    const std::optional<Instruction> instruction = instruction_at(image, address);
    if (!instruction) {
      return std::nullopt;
    }
    switch (instruction->operation) {
      case Operation::call:
        return instruction->target;
      case Operation::jump:
        address = instruction->target;
        break;
      case Operation::conditional_jump:
      case Operation::indirect_call:
      case Operation::indirect_jump:
      case Operation::leave_function:
        return std::nullopt;
      default:
        address = instruction->next();
    }
  }
  return std::nullopt;
}

// Walks one function in address order, remembering which registers hold [r + 16] of which r.
class PoolComparisonFinder {
 public:
  explicit PoolComparisonFinder(const ElfImage& image) : image_(image) {
    next_of_.fill(kNoRegister);
  }

  std::set<std::uint64_t> callees(const FunctionRange& function) {
    std::uint64_t address = function.start;
    for (std::size_t i = 0; i < kMaxInstructions && address < function.end; ++i) {
      const std::optional<Instruction> instruction = instruction_at(image_, address);
      if (!instruction) {
        break;
      }
      step(*instruction);
      address = instruction->next();
    }
    return found_;
  }

 private:
  void step(const Instruction& instruction) {
    const auto& [first, second] = instruction.operands;
    if (instruction.operation == Operation::compare) {
      compared_ = compares_pool(first, second);
      return;
    }
    if (compared_ && instruction.operation == Operation::conditional_jump) {
      const bool equal = instruction.jumps_if_equal;
      if (equal || instruction.jumps_if_not_equal) {
        take(equal ? instruction.target : instruction.next());
      }
    }
    compared_ = compared_ && !instruction.writes_flags;
    for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
      const bool written = (instruction.written >> reg & 1U) != 0;
      const bool source_written =
          next_of_[reg] != kNoRegister && (instruction.written >> next_of_[reg] & 1U) != 0;
      if (written || source_written) {
        next_of_[reg] = kNoRegister;
      }
    }
    if (instruction.operation == Operation::move && first.is_register() && is_next_pool(second) &&
        second.base != first.reg) {
      next_of_[first.reg] = second.base;
    }
  }

  static bool is_next_pool(const InstructionOperand& operand) {
    return operand.kind == InstructionOperand::Kind::memory && operand.base != kNoRegister &&
           operand.index == kNoRegister && operand.value == kNextPool && operand.bits == 64;
  }
  [[nodiscard]] bool compares_pool(const InstructionOperand& first,
                                   const InstructionOperand& second) const {
    if (first.is_register() && second.is_register()) {
      return next_of_[first.reg] == second.reg || next_of_[second.reg] == first.reg;
    }
    return (first.is_register() && is_next_pool(second) && second.base == first.reg) ||
           (second.is_register() && is_next_pool(first) && first.base == second.reg);
  }
  void take(std::uint64_t equal_edge) {
    const std::optional<std::uint64_t> callee = first_call(image_, equal_edge);
    if (callee && !image_.plt_target(*callee)) {
      found_.insert(*callee);
    }
  }

  const ElfImage& image_;
  std::array<std::uint8_t, kRegisterCount> next_of_{};
  bool compared_ = false;
  std::set<std::uint64_t> found_;
};

FunctionRange function_at(const ElfImage& image, std::uint64_t start) {
  const auto& functions = image.functions();
  const auto found = std::lower_bound(
      functions.begin(), functions.end(), start,
      [](const FunctionRange& range, std::uint64_t value) { return range.start < value; });
  return found != functions.end() && found->start == start ? *found : FunctionRange{};
}

}  // namespace

std::uint64_t find_refill(const ElfImage& image, const AllocatorTables& tables) {
  const auto in_malloc =
      PoolComparisonFinder(image).callees(function_at(image, tables.pymalloc.malloc));
  const auto in_calloc =
      PoolComparisonFinder(image).callees(function_at(image, tables.pymalloc.calloc));
  std::vector<std::uint64_t> both;
  std::set_intersection(in_malloc.begin(), in_malloc.end(), in_calloc.begin(), in_calloc.end(),
                        std::back_inserter(both));
  if (both.size() != 1) {
    throw Error(fmt::format("{}: pymalloc's refill function not found ({} candidates)",
                            image.path(), both.size()));
  }
  return both.front();
}

}  // namespace tmbpf
