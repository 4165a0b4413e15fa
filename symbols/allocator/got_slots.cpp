// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/got_slots.h"

#include <algorithm>
#include <map>
#include <set>

#include "symbols/allocator/function_role.h"
#include "symbols/allocator/pointer_flow.h"

namespace tmbpf {
namespace {

// More than _PyRuntime's fields before its allocators take.
constexpr std::uint64_t kMaxDistance = 1U << 16U;

bool is_between(std::uint64_t value, std::uint64_t start, std::uint64_t end) {
  return value >= start && value < end;
}

class PointerUseFinder {
 public:
  PointerUseFinder(const CodeIndex& code, const AllocatorTables& tables, const SlotHolder& holder)
      : code_(code), tables_(tables), holder_(holder) {}

  std::vector<CodeReference> run() {
    for (const CodeReference& reference : code_.field_references()) {
      if (const auto function = code_.image().function_around(reference.instruction)) {
        with_fields_.insert(function->start);
      }
    }
    for (const auto* references : {&code_.data_references(), &code_.immediates()}) {
      for (const CodeReference& reference : *references) {
        follow(reference);
      }
    }
    std::vector<CodeReference> found;
    for (const auto& [instruction, slot] : uses_) {
      found.push_back({instruction, slot});
    }
    return found;
  }

 private:
  // The pointer that this instruction puts into a register; 0: it does something else.
  [[nodiscard]] std::uint64_t pointer_of(const Instruction& instruction,
                                         std::uint64_t value) const {
    const auto& [first, second] = instruction.operands;
    if (!first.is_register()) {
      return 0;
    }
    const bool loads =
        instruction.operation == Operation::move && second.is_absolute() &&
        std::find(holder_.got.begin(), holder_.got.end(), value) != holder_.got.end();
    const bool constant =
        (instruction.operation == Operation::load_address && second.is_absolute()) ||
        (instruction.operation == Operation::move &&
         second.kind == InstructionOperand::Kind::immediate);
    if (loads) {
      return holder_.start;
    }
    return constant && is_between(value, holder_.start, holder_.end) && !is_in_slots(tables_, value)
               ? value
               : 0;
  }

  void follow(const CodeReference& reference) {
    const std::optional<Instruction> root = code_.at(reference.instruction);
    const std::uint64_t pointer = root ? pointer_of(*root, reference.value) : 0;
    if (pointer == 0 || (pointer == holder_.start && !may_reach_field(*root))) {
      return;
    }
    for (const PointerUse& use : follow_pointer(code_, *root)) {
      const std::uint64_t target = pointer + static_cast<std::uint64_t>(use.displacement);
      if (is_in_slots(tables_, target)) {
        uses_.emplace(use.instruction, target);
      }
    }
  }

  // A function without such a field need not be followed; its outlined part may have one.
  [[nodiscard]] bool may_reach_field(const Instruction& root) {
    const auto function = code_.image().function_around(root.address);
    if (!function || with_fields_.contains(function->start)) {
      return true;
    }
    const auto [found, fresh] = parts_.try_emplace(function->start, false);
    if (fresh) {
      for (const std::uint64_t with : with_fields_) {
        const auto other = code_.image().function_around(with);
        for (const CodeReference& jump :
             other ? code_.jumps_into(*other) : std::vector<CodeReference>()) {
          found->second =
              found->second || is_between(jump.instruction, function->start, function->end);
        }
      }
    }
    return found->second;
  }

  const CodeIndex& code_;
  const AllocatorTables& tables_;
  const SlotHolder& holder_;
  std::set<std::uint64_t> with_fields_;  // functions
  std::map<std::uint64_t, bool> parts_;  // functions: jumps into one of those
  std::map<std::uint64_t, std::uint64_t> uses_;
};

}  // namespace

SlotHolder find_slot_holder(const ElfImage& image, const AllocatorTables& tables) {
  const std::optional<std::uint64_t> runtime = image.symbol("_PyRuntime");
  SlotHolder holder;
  if (!runtime || !is_between(tables.raw_slots.front(), *runtime, *runtime + kMaxDistance)) {
    return holder;
  }
  holder.start = *runtime;
  for (const auto* slots : {&tables.pymalloc_slots, &tables.raw_slots}) {
    for (const std::uint64_t slot : *slots) {
      holder.end = std::max(holder.end, slot + kAllocatorSize);
    }
  }
  for (const RelativeRelocation& relocation : image.relative_relocations()) {
    if (relocation.value == holder.start) {
      holder.got.push_back(relocation.vaddr);
    }
  }
  return holder;
}

void add_interest(const SlotHolder& holder, const AllocatorTables& tables, CodeInterest& interest) {
  if (holder.start == 0) {
    return;
  }
  interest.data.push_back({holder.start, holder.end - holder.start});
  for (const std::uint64_t got : holder.got) {
    interest.data.push_back({got, 1});
  }
  for (const auto* slots : {&tables.pymalloc_slots, &tables.raw_slots}) {
    for (const std::uint64_t slot : *slots) {
      interest.fields.push_back({slot - holder.start, kAllocatorSize});
    }
  }
}

std::vector<CodeReference> find_pointer_uses(const CodeIndex& code, const AllocatorTables& tables,
                                             const SlotHolder& holder) {
  return holder.start == 0 ? std::vector<CodeReference>()
                           : PointerUseFinder(code, tables, holder).run();
}

}  // namespace tmbpf
