// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_flag.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "symbols/allocator/new_reference_flow.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxDepth = 40;
// A struct's address may be kept in a register over a whole function.
constexpr std::size_t kMaxBaseDepth = 400;
constexpr std::size_t kMaxVisited = 2048;
constexpr std::size_t kMaxToJump = 16;
// At smaller offsets too many other structs have fields.
constexpr std::uint64_t kDistinctOffset = 128;

using Kind = InstructionOperand::Kind;

std::uint16_t bit(const InstructionOperand& operand) {
  return operand.is_register() ? static_cast<std::uint16_t>(1U << operand.reg) : std::uint16_t{0};
}

bool is_test_of_itself(const Instruction& instruction) {
  const auto& [first, second] = instruction.operands;
  return instruction.operation == Operation::other && instruction.writes_flags &&
         instruction.written == 0 && !instruction.writes_memory && first.is_register() &&
         second.is_register() && first.reg == second.reg && first.bits == second.bits;
}

bool compares_with_zero(const Instruction& instruction) {
  const InstructionOperand& second = instruction.operands[1];
  return instruction.operation == Operation::compare && second.kind == Kind::immediate &&
         second.value == 0;
}

// Follows a value through the registers that hold copies of it.
class ValueFollower {
 public:
  explicit ValueFollower(const CodeIndex& code) : code_(code) {}

  // Calls use(instruction, holders) for each instruction that can be reached while some register
  // holds the value; a path ends where use answers true.
  template <typename Use>
  void run(const Instruction& load, std::size_t depth, const Use& use) {
    enter(load.next(), bit(load.operands[0]), depth);
    while (!work_.empty() && visited_.size() < kMaxVisited) {
      const Path path = work_.back();
      work_.pop_back();
      if (const auto instruction = code_.at(path.address)) {
        if (!use(*instruction, path.holders)) {
          step(path, *instruction);
        }
      }
    }
  }

 private:
  struct Path {
    std::uint64_t address = 0;
    std::uint16_t holders = 0;
    std::size_t left = 0;
  };

  void enter(std::uint64_t address, std::uint16_t holders, std::size_t left) {
    if (left > 0 && holders != 0 && visited_.emplace(address, holders).second) {
      work_.push_back({address, holders, left});
    }
  }

  void step(const Path& path, const Instruction& instruction) {
    std::uint16_t holders = path.holders;
    switch (instruction.operation) {
      case Operation::leave_function:
      case Operation::indirect_jump:
        return;
      case Operation::jump:
        enter(instruction.target, holders, path.left - 1);
        return;
      case Operation::conditional_jump:
        enter(instruction.target, holders, path.left - 1);
        break;
      case Operation::call:
      case Operation::indirect_call:
        holders = static_cast<std::uint16_t>(holders & ~kCallClobbered);
        break;
      default: {
        const bool copied = instruction.operation == Operation::move &&
                            (bit(instruction.operands[1]) & holders) != 0;
        holders = static_cast<std::uint16_t>(holders & ~instruction.written);
        if (copied) {
          holders = static_cast<std::uint16_t>(holders | bit(instruction.operands[0]));
        }
      }
    }
    enter(instruction.next(), holders, path.left - 1);
  }

  const CodeIndex& code_;
  std::vector<Path> work_;
  std::set<std::pair<std::uint64_t, std::uint16_t>> visited_;
};

class FlagSearch {
 public:
  FlagSearch(const CodeIndex& code, const TracingFlag& flag) : code_(code), flag_(flag) {}

  FlagUses run() {
    const auto symbol = code_.image().symbol(flag_.symbol);
    const auto got = got_entries_of(code_.image(), flag_.symbol);
    for (const CodeReference& reference : code_.data_references()) {
      const bool direct = symbol && reference.value - (*symbol + flag_.offset) < flag_.size;
      const bool base = std::find(got.begin(), got.end(), reference.value) != got.end();
      if (direct) {
        add_use(reference.instruction, true);
      } else if (base && flag_.offset < kDistinctOffset) {
        follow_base(reference.instruction);
      }
    }
    for (const CodeReference& reference : code_.field_references()) {
      add_field(reference);
    }
    for (const auto& [jump, test] : tests_) {
      uses_.tests.push_back(test);
    }
    return std::move(uses_);
  }

 private:
  [[nodiscard]] bool is_field(const InstructionOperand& operand) const {
    return operand.kind == Kind::memory && operand.base != kNoRegister && operand.base != kRsp &&
           operand.index == kNoRegister && operand.value == static_cast<std::int64_t>(flag_.offset);
  }

  // `mov GOT,%reg` leaves the struct's address in a register.
  void follow_base(std::uint64_t address) {
    const std::optional<Instruction> load = code_.at(address);
    if (!load || load->operation != Operation::move || !load->operands[0].is_register()) {
      return;
    }
    ValueFollower(code_).run(*load, kMaxBaseDepth,
                             [&](const Instruction& instruction, std::uint16_t holders) {
                               for (const InstructionOperand& operand : instruction.operands) {
                                 if (is_field(operand) && (holders >> operand.base & 1U) != 0) {
                                   add_use(instruction.address, true);
                                 }
                               }
                               return false;
                             });
  }

  // A field at the flag's offset of whatever struct.
  void add_field(const CodeReference& reference) {
    const auto instruction = reference.value == flag_.offset && flag_.offset >= kDistinctOffset
                                 ? code_.at(reference.instruction)
                                 : std::nullopt;
    if (!instruction) {
      return;
    }
    for (const InstructionOperand& operand : instruction->operands) {
      if (is_field(operand) && operand.bits == flag_.size * 8U) {
        add_use(reference.instruction, false);
      }
    }
  }

  void add_use(std::uint64_t address, bool certain) {
    const std::optional<Instruction> use = code_.at(address);
    if (!use || !seen_.insert(address).second) {
      return;
    }
    const auto& [first, second] = use->operands;
    if (compares_with_zero(*use) && first.kind == Kind::memory) {
      ++uses_.loads;
      add_test({address, certain}, use->next(), 0);
    } else if (use->operation == Operation::move && first.is_register() &&
               second.kind == Kind::memory) {
      ++uses_.loads;
      follow_load(*use, certain);
    } else if (use->writes_memory) {
      ++uses_.stores;
    } else {
      uses_.copies.push_back({address, certain});
    }
  }

  void follow_load(const Instruction& load, bool certain) {
    const std::size_t before = found_;
    ValueFollower(code_).run(
        load, kMaxDepth, [&](const Instruction& instruction, std::uint16_t holders) {
          const bool tested = (is_test_of_itself(instruction) || compares_with_zero(instruction)) &&
                              (bit(instruction.operands[0]) & holders) != 0;
          if (tested) {
            add_test({load.address, certain}, instruction.next(), holders);
          }
          return tested;
        });
    if (found_ == before) {
      uses_.copies.push_back({load.address, certain});
    }
  }

  // The flags are set: on to the jump that they decide.
  void add_test(const FlagRead& read, std::uint64_t after, std::uint16_t holders) {
    std::optional<Instruction> instruction = code_.at(after);
    for (std::size_t i = 0; instruction && i < kMaxToJump; ++i) {
      if (instruction->jumps_if_equal || instruction->jumps_if_not_equal) {
        const bool equal = instruction->jumps_if_equal;
        const std::uint64_t target = instruction->target;
        FlagTest test{.load = read.instruction,
                      .jump = instruction->address,
                      .set = equal ? instruction->next() : target,
                      .clear = equal ? target : instruction->next(),
                      .certain = read.certain};
        for (std::uint8_t reg = 0; reg < kRegisterCount; ++reg) {
          test.reg = (holders >> reg & 1U) != 0 ? reg : test.reg;
        }
        tests_.try_emplace(test.jump, test);
        ++found_;
        return;
      }
      const Operation operation = instruction->operation;
      if (instruction->writes_flags || operation == Operation::conditional_jump ||
          operation == Operation::call || operation == Operation::indirect_call ||
          operation == Operation::indirect_jump || operation == Operation::leave_function) {
        return;
      }
      const bool jumps = operation == Operation::jump;
      holders = static_cast<std::uint16_t>(holders & ~instruction->written);
      instruction = code_.at(jumps ? instruction->target : instruction->next());
    }
  }

  const CodeIndex& code_;
  const TracingFlag& flag_;
  FlagUses uses_;
  std::map<std::uint64_t, FlagTest> tests_;
  std::set<std::uint64_t> seen_;
  std::size_t found_ = 0;
};

}  // namespace

std::vector<std::uint64_t> got_entries_of(const ElfImage& image, const std::string& symbol) {
  std::vector<std::uint64_t> found;
  for (const ElfSection& section : image.sections()) {
    if (!section.name.starts_with(".got")) {
      continue;
    }
    for (std::uint64_t at = section.vaddr; at + 8 <= section.vaddr + section.size; at += 8) {
      if (image.got_target(at) == symbol) {
        found.push_back(at);
      }
    }
  }
  return found;
}

void add_flag_interest(const ElfImage& image, const TracingFlag& flag, CodeInterest& interest) {
  if (const auto symbol = image.symbol(flag.symbol)) {
    interest.data.push_back({*symbol + flag.offset, flag.size});
  }
  if (flag.offset >= kDistinctOffset) {
    interest.fields.push_back({flag.offset, 1});
    return;
  }
  for (const std::uint64_t entry : got_entries_of(image, flag.symbol)) {
    interest.data.push_back({entry, 8});
  }
}

bool reads_flag(const CodeIndex& code, const TracingFlag& flag, std::uint64_t read) {
  const auto instruction = code.at(read);
  const auto symbol = code.image().symbol(flag.symbol);
  const FunctionFlow flow = follow_function(code, {}, function_parts_at(code, read), {read});
  const auto state = flow.at.find(read);
  if (!instruction || !symbol || state == flow.at.end()) {
    return false;
  }
  const OriginValue address = OriginValue::constant(static_cast<std::int64_t>(*symbol));
  return std::any_of(instruction->operands.begin(), instruction->operands.end(),
                     [&](const InstructionOperand& operand) {
                       return operand.kind == Kind::memory && operand.base != kNoRegister &&
                              state->second.get(operand.base) == address;
                     });
}

FlagUses find_flag_uses(const CodeIndex& code, const TracingFlag& flag) {
  return FlagSearch(code, flag).run();
}

}  // namespace tmbpf
