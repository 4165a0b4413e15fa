// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/pool_comparison.h"

#include <algorithm>
#include <array>

#include "symbols/allocator/code_index.h"

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

bool is_next_pool(const InstructionOperand& operand) {
  return operand.kind == InstructionOperand::Kind::memory && operand.base != kNoRegister &&
         operand.index == kNoRegister && operand.value == kNextPool && operand.bits == 64;
}

// Walks one function in address order, remembering where registers got their values.
class PoolComparisonFinder {
 public:
  explicit PoolComparisonFinder(const ElfImage& image) : image_(image) {}

  std::vector<PoolComparison> run(const FunctionRange& function) {
    function_ = function.start;
    std::uint64_t address = function.start;
    for (std::size_t i = 0; i < kMaxInstructions && address < function.end; ++i) {
      const std::optional<Instruction> instruction = instruction_at(image_, address);
      if (!instruction) {
        break;
      }
      step(*instruction);
      address = instruction->next();
    }
    return std::move(found_);
  }

 private:
  struct Origin {
    std::uint8_t next_of = kNoRegister;     // [next_of + 16]
    std::optional<std::uint64_t> constant;  // an address in the image
    std::optional<std::int64_t> field;      // [something + field]
    std::optional<PoolList> list;           // an element of a table of pointers
  };

  void step(const Instruction& instruction) {
    const auto& [first, second] = instruction.operands;
    if (instruction.operation == Operation::compare) {
      compared_ = compared_pool(first, second);
      return;
    }
    if (compared_ != kNoRegister && instruction.operation == Operation::conditional_jump) {
      const bool equal = instruction.jumps_if_equal;
      if (equal || instruction.jumps_if_not_equal) {
        take(equal ? instruction.target : instruction.next());
      }
    }
    if (instruction.writes_flags) {
      compared_ = kNoRegister;
    }
    const bool loads = first.is_register() && first.bits == 64 &&
                       (instruction.operation == Operation::move ||
                        instruction.operation == Operation::load_address);
    const Origin origin = loads ? origin_of(instruction) : Origin{};
    forget(instruction);
    if (loads && origin.next_of != first.reg) {
      origins_[first.reg] = origin;
    }
  }

  [[nodiscard]] Origin origin_of(const Instruction& instruction) const {
    const InstructionOperand& source = instruction.operands[1];
    Origin origin;
    if (instruction.operation == Operation::load_address) {
      if (source.is_absolute()) {
        origin.constant = source.address();
      }
      return origin;
    }
    if (source.is_register()) {
      return origins_[source.reg];
    }
    if (source.kind == InstructionOperand::Kind::immediate) {
      origin.constant = source.address();
    } else if (source.kind == InstructionOperand::Kind::memory) {
      if (is_next_pool(source)) {
        origin.next_of = source.base;
      }
      if (source.index != kNoRegister) {
        origin.list = list_at(source);
      } else if (source.base != kNoRegister) {
        origin.field = source.value;
      }
    }
    return origin;
  }

  [[nodiscard]] PoolList list_at(const InstructionOperand& element) const {
    PoolList list;
    if (element.base == kNoRegister) {
      list.global = element.address();
    } else if (origins_[element.base].constant) {
      list.global = *origins_[element.base].constant + element.address();
    } else {
      list.displacement = element.value;
      list.base_field = origins_[element.base].field;
    }
    return list;
  }

  void forget(const Instruction& instruction) {
    const bool call = instruction.operation == Operation::call ||
                      instruction.operation == Operation::indirect_call;
    const unsigned written = instruction.written | (call ? kCallClobbered : 0U);
    for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
      const std::uint8_t next_of = origins_[reg].next_of;
      if ((written >> reg & 1U) != 0) {
        origins_[reg] = {};
      } else if (next_of != kNoRegister && (written >> next_of & 1U) != 0) {
        origins_[reg].next_of = kNoRegister;
      }
    }
  }

  // The register that holds the pool, if this compares one with its next.
  [[nodiscard]] std::uint8_t compared_pool(const InstructionOperand& first,
                                           const InstructionOperand& second) const {
    if (first.is_register() && second.is_register()) {
      if (origins_[first.reg].next_of == second.reg) {
        return second.reg;
      }
      return origins_[second.reg].next_of == first.reg ? first.reg : std::uint8_t{kNoRegister};
    }
    if (first.is_register() && is_next_pool(second) && second.base == first.reg) {
      return first.reg;
    }
    return second.is_register() && is_next_pool(first) && first.base == second.reg
               ? second.reg
               : std::uint8_t{kNoRegister};
  }

  void take(std::uint64_t equal_edge) {
    std::optional<std::uint64_t> refill = first_call(image_, equal_edge);
    if (refill && image_.plt_target(*refill)) {
      refill.reset();
    }
    found_.push_back({function_, origins_[compared_].list, refill});
  }

  const ElfImage& image_;
  std::uint64_t function_ = 0;
  std::array<Origin, kRegisterCount> origins_{};
  std::uint8_t compared_ = kNoRegister;  // holds the pool, while the flags tell
  std::vector<PoolComparison> found_;
};

}  // namespace

std::vector<PoolComparison> find_pool_comparisons(const ElfImage& image,
                                                  const FunctionRange& function) {
  return PoolComparisonFinder(image).run(function);
}

std::vector<PoolComparison> find_pool_comparisons(const ElfImage& image, std::uint64_t function) {
  const FunctionRange range = image.function_at(function);
  std::vector<PoolComparison> found = find_pool_comparisons(image, range);
  std::uint64_t address = range.start;
  for (std::size_t i = 0; found.empty() && i < kMaxInstructions && address < range.end; ++i) {
    const std::optional<Instruction> instruction = instruction_at(image, address);
    if (!instruction) {
      break;
    }
    if (instruction->operation == Operation::call) {
      found = find_pool_comparisons(image, image.function_at(instruction->target));
    }
    address = instruction->next();
  }
  return found;
}

}  // namespace tmbpf
