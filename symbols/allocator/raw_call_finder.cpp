// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/raw_call_finder.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "symbols/allocator/emulated_instruction.h"
#include "symbols/allocator/register_state.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxDepth = 60;
constexpr std::size_t kMaxVisited = 300;
constexpr std::size_t kMaxToResult = 24;
constexpr std::array<std::string_view, 3> kAllocations{"malloc", "calloc", "realloc"};
constexpr SymbolicValue kResult{SymbolicValue::Kind::call_result, kNoRegister, 0};

bool is_allocation(std::optional<std::string_view> name) {
  return name && std::find(kAllocations.begin(), kAllocations.end(), *name) != kAllocations.end();
}

// Into libc through the PLT, or through the GOT where the compiler leaves the PLT out (-fno-plt).
bool calls_allocation(const CodeIndex& code, const Instruction& instruction) {
  switch (instruction.operation) {
    case Operation::call:
    case Operation::jump:
      return is_allocation(code.image().plt_target(instruction.target));
    case Operation::indirect_call:
    case Operation::indirect_jump:
      return instruction.operands[0].is_absolute() &&
             is_allocation(code.image().got_target(instruction.operands[0].address()));
    default:
      return false;
  }
}

class RawCallWalk {
 public:
  explicit RawCallWalk(const CodeIndex& code) : code_(code) {}

  RawCalls run(std::uint64_t start) {
    enter(start, kMaxDepth, start);
    while (!work_.empty()) {
      const Path path = work_.back();
      work_.pop_back();
      step(path);
    }
    return {{calls_.begin(), calls_.end()},
            {tail_jumps_.begin(), tail_jumps_.end()},
            {strays_.begin(), strays_.end()}};
  }

 private:
  struct Path {
    std::uint64_t address = 0;
    std::size_t left = 0;
  };

  void enter(std::uint64_t address, std::size_t left, std::uint64_t from) {
    if (left == 0 || visited_.size() >= kMaxVisited) {
      strays_.insert(from);
    } else if (visited_.insert(address).second) {
      work_.push_back({address, left});
    }
  }

  void step(const Path& path) {
    const std::optional<Instruction> instruction = code_.at(path.address);
    if (!instruction) {
      strays_.insert(path.address);
      return;
    }
    const bool allocation = calls_allocation(code_, *instruction);
    switch (instruction->operation) {
      case Operation::call:
      case Operation::indirect_call:
        (allocation ? calls_ : strays_).insert(path.address);
        return;
      case Operation::indirect_jump:
        (allocation ? tail_jumps_ : strays_).insert(path.address);
        return;
      case Operation::leave_function:
        strays_.insert(path.address);
        return;
      case Operation::jump:
        if (allocation) {
          tail_jumps_.insert(path.address);
        } else {
          enter(instruction->target, path.left - 1, path.address);
        }
        return;
      case Operation::conditional_jump:
        enter(instruction->target, path.left - 1, path.address);
        break;
      default:
        break;
    }
    enter(instruction->next(), path.left - 1, path.address);
  }

  const CodeIndex& code_;
  std::vector<Path> work_;
  std::set<std::uint64_t> visited_;
  std::set<std::uint64_t> calls_;
  std::set<std::uint64_t> tail_jumps_;
  std::set<std::uint64_t> strays_;
};

}  // namespace

RawCalls find_raw_calls(const CodeIndex& code, std::uint64_t start) {
  return RawCallWalk(code).run(start);
}

std::optional<ResultPlace> find_result(const CodeIndex& code, std::uint64_t call) {
  std::optional<Instruction> instruction = code.at(call);
  RegisterState state = RegisterState::after_call();
  for (std::size_t i = 0; instruction && i < kMaxToResult; ++i) {
    instruction = code.at(instruction->next());
    if (!instruction) {
      return std::nullopt;
    }
    if (is_emulated_at(code.image(), instruction->address)) {
      const std::optional<std::uint8_t> reg = state.find(kResult, kRax);
      return reg ? std::optional(ResultPlace{instruction->address, *reg}) : std::nullopt;
    }
    const bool leaves = instruction->operation == Operation::leave_function ||
                        instruction->operation == Operation::indirect_jump ||
                        instruction->operation == Operation::indirect_call ||
                        instruction->operation == Operation::conditional_jump;
    if (leaves) {
      return std::nullopt;
    }
    state.execute(*instruction);
  }
  return std::nullopt;
}

}  // namespace tmbpf
