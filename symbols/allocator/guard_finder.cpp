// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/guard_finder.h"

#include <algorithm>
#include <optional>
#include <set>

#include "symbols/allocator/got_slots.h"
#include "symbols/allocator/slot_value.h"

namespace tmbpf {
namespace {

// In the order of how much a use says when paths differ.
enum class Use : std::uint8_t {
  guard,
  indirect_call,
  copy,
  comparison,
  store,
  ctx,
  unclassified,
};

class SlotUseFinder {
 public:
  SlotUseFinder(const CodeIndex& code, const AllocatorTables& tables)
      : code_(code), tables_(tables) {}

  SlotUses run() {
    for (const CodeReference& reference : code_.data_references()) {
      const std::optional<Instruction> instruction = code_.at(reference.instruction);
      if (instruction && is_in_slots(tables_, reference.value)) {
        count(classify(*instruction, reference.value), reference.instruction);
      }
    }
    const std::size_t direct = uses_.loads;
    const SlotHolder holder = find_slot_holder(code_.image(), tables_);
    for (const CodeReference& reference : find_pointer_uses(code_, tables_, holder)) {
      if (const std::optional<Instruction> instruction = code_.at(reference.instruction)) {
        count(classify(*instruction, reference.value), reference.instruction);
      }
    }
    uses_.by_pointer = uses_.loads - direct;
    // Afterwards, so that a guard which both searches find keeps its slot.
    for (const CodeReference& reference : code_.compares()) {
      add_lone_comparison(reference);
    }
    for (const CodeReference& reference : code_.data_references()) {
      add_loaded_function(reference);
    }
    std::sort(uses_.guards.begin(), uses_.guards.end(),
              [](const Guard& a, const Guard& b) { return a.compare < b.compare; });
    return std::move(uses_);
  }

 private:
  void count(Use use, std::uint64_t address) {
    uses_.loads += use != Use::store && use != Use::ctx ? 1 : 0;
    switch (use) {
      case Use::guard:
      case Use::ctx:
        break;
      case Use::indirect_call:
        ++uses_.indirect_calls;
        break;
      case Use::copy:
        ++uses_.copies;
        break;
      case Use::comparison:
        ++uses_.comparisons;
        break;
      case Use::store:
        ++uses_.stores;
        break;
      case Use::unclassified:
        uses_.unclassified.push_back(address);
        break;
    }
  }

  Use classify(const Instruction& instruction, std::uint64_t slot) {
    const auto& [first, second] = instruction.operands;
    if (instruction.operation == Operation::indirect_call ||
        instruction.operation == Operation::indirect_jump) {
      return Use::indirect_call;
    }
    if (instruction.writes_memory) {
      return Use::store;
    }
    const bool vector = first.kind == InstructionOperand::Kind::reg && !first.is_register();
    if (vector || instruction.operation == Operation::load_address) {
      return Use::copy;  // two or more words at once, or the struct's address
    }
    if (!op_of_slot(tables_, slot)) {
      return Use::ctx;
    }
    if (instruction.operation == Operation::compare) {
      const bool memory_first = first.kind == InstructionOperand::Kind::memory;
      return compared(instruction, kNoRegister, slot, memory_first ? second : first);
    }
    if (instruction.operation == Operation::move && first.is_register() && first.bits == 64) {
      return follow(instruction, slot);
    }
    return Use::unclassified;
  }

  Use follow(const Instruction& load, std::uint64_t slot) {
    Use result = Use::unclassified;
    for (const SlotValueUse& use : follow_slot_value(code_, load)) {
      if (use.kind == SlotValueUse::Kind::compared) {
        const auto& [first, second] = use.instruction.operands;
        const bool value_first = first.is_register() && first.reg == use.reg;
        result = std::min(result,
                          compared(use.instruction, use.reg, slot, value_first ? second : first));
      } else if (use.kind == SlotValueUse::Kind::called) {
        result = std::min(result, Use::indirect_call);
      } else if (use.kind == SlotValueUse::Kind::computed) {
        result = std::min(result, Use::comparison);
      } else {
        result = std::min(result, Use::copy);
      }
    }
    return result;
  }

  // `reg` (or the slot itself) is compared with `other`.
  Use compared(const Instruction& compare, std::uint8_t reg, std::uint64_t slot,
               const InstructionOperand& other) {
    const std::optional<std::uint64_t> value = constant_of(code_, compare.address, other);
    if (!value) {
      return chooses_call(code_, compare) ? Use::unclassified : Use::comparison;
    }
    const std::optional<FunctionRole> role = role_of_function(tables_, *value);
    if (!role) {
      return Use::comparison;  // with another allocator's function
    }
    if (slot != 0 && op_of_slot(tables_, slot) != role->op) {
      return Use::unclassified;
    }
    return add(compare, reg, slot, *role);
  }

  Use add(const Instruction& compare, std::uint8_t reg, std::uint64_t slot,
          const FunctionRole& role) {
    const std::optional<Instruction> jump = jump_after(code_, compare);
    if (!jump) {
      return Use::comparison;  // sete and the like: nothing is chosen by a jump
    }
    const bool equal = jump->jumps_if_equal;
    if (!equal && !jump->jumps_if_not_equal) {
      return Use::unclassified;
    }
    if (seen_.insert(compare.address).second) {
      const auto& [first, second] = compare.operands;
      const bool memory_first = first.kind == InstructionOperand::Kind::memory;
      uses_.guards.push_back(
          {role, compare.address, jump->address, equal ? jump->target : jump->next(),
           equal ? jump->next() : jump->target, reg, slot, memory_first ? first : second});
    }
    return Use::guard;
  }

  // Second search: the slot's value came by a way that the first does not see.
  void add_lone_comparison(const CodeReference& reference) {
    const std::optional<Instruction> compare = code_.at(reference.instruction);
    const std::optional<FunctionRole> role = role_of_function(tables_, reference.value);
    if (!compare || !role || seen_.contains(compare->address)) {
      return;
    }
    if (compare->operands[0].is_register() && compare->operands[0].bits == 64) {
      add(*compare, compare->operands[0].reg, 0, *role);
    } else if (chooses_call(code_, *compare)) {
      uses_.unclassified.push_back(compare->address);
    }
  }

  // The same where the function's address is loaded first (position-independent code).
  void add_loaded_function(const CodeReference& reference) {
    const std::optional<Instruction> load = code_.at(reference.instruction);
    const std::optional<FunctionRole> role = role_of_function(tables_, reference.value);
    if (!load || !role || load->operation != Operation::load_address) {
      return;
    }
    for (const SlotValueUse& use : follow_slot_value(code_, *load)) {
      if (use.kind != SlotValueUse::Kind::compared || seen_.contains(use.instruction.address) ||
          !chooses_call(code_, use.instruction)) {
        continue;
      }
      const auto& [first, second] = use.instruction.operands;
      const InstructionOperand& other =
          first.is_register() && first.reg == use.reg ? second : first;
      if (!other.is_register() || add(use.instruction, other.reg, 0, *role) != Use::guard) {
        uses_.unclassified.push_back(use.instruction.address);
      }
    }
  }

  const CodeIndex& code_;
  const AllocatorTables& tables_;
  SlotUses uses_;
  std::set<std::uint64_t> seen_;
};

}  // namespace

SlotUses find_slot_uses(const CodeIndex& code, const AllocatorTables& tables) {
  return SlotUseFinder(code, tables).run();
}

}  // namespace tmbpf
