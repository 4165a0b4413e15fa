// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_finder.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "symbols/allocator/new_reference_call.h"
#include "symbols/allocator/new_reference_origin.h"
#include "symbols/allocator/new_reference_parts.h"
#include "symbols/allocator/operand_walk.h"

namespace tmbpf {
namespace {

using Meaning = FlagMeaning::Kind;

constexpr std::size_t kMaxToCall = 16;
constexpr std::array<std::string_view, 2> kFunctions = {"_Py_NewReference",
                                                        "_Py_NewReferenceNoTotal"};
constexpr std::array<std::string_view, 1> kTeller = {"_PyTraceMalloc_NewReference"};

// Where calls of these functions lead: themselves and their PLT stubs.
std::vector<std::uint64_t> targets_of(const ElfImage& image,
                                      std::span<const std::string_view> symbols) {
  std::vector<std::uint64_t> targets = plt_stubs_of(image, symbols);
  for (const std::string_view symbol : symbols) {
    if (const auto function = image.symbol(symbol)) {
      targets.push_back(*function);
    }
  }
  return targets;
}

bool contains(const std::vector<std::uint64_t>& values, std::uint64_t value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

struct Candidate {
  SymbolicValue object;
  bool guarded = false;
};

class NewReferencePlanner {
 public:
  NewReferencePlanner(const CodeIndex& code, const TracingFlag& flag)
      : code_(code), flag_(flag), functions_(targets_of(code.image(), kFunctions)) {
    tellers_ = targets_of(code.image(), kTeller);
  }

  NewReferencePlan run(const AllocatorTables& tables) {
    const FlagUses uses = find_flag_uses(code_, flag_);
    for (const FlagTest& test : uses.tests) {
      learn_teller(test);
    }
    for (const FlagTest& test : uses.tests) {
      add_test(test);
    }
    for (const FlagRead& read : uses.copies) {
      ++(is_foreign(read) ? plan_.counts.foreign : plan_.counts.copies);
    }
    add_calls();
    add_indirect_calls();
    choose_sites(tables);
    return std::move(plan_);
  }

 private:
  // The function, if any, whose body the test is.
  [[nodiscard]] std::optional<std::uint64_t> body_of(const FlagTest& test) const {
    const auto range = code_.image().function_around(test.jump);
    return range && contains(functions_, range->start) ? std::optional(range->start) : std::nullopt;
  }

  // To 3.12 the body's set edge calls _PyTraceMalloc_NewReference or a local clone of it.
  void learn_teller(const FlagTest& test) {
    const auto function = body_of(test);
    if (flag_.is_function() || !function) {
      return;
    }
    const auto argument = first_argument_at(code_, *function, test.jump);
    std::optional<Instruction> instruction = code_.at(test.set);
    for (std::size_t i = 0; instruction && i < kMaxToCall; ++i) {
      const Operation operation = instruction->operation;
      const auto range = code_.image().function_around(instruction->target);
      const bool leaves = operation == Operation::call ||
                          (operation == Operation::jump && range && range->start != *function);
      if (leaves) {
        const FlagMeaning meaning = find_flag_meaning(code_, flag_, test, {instruction->target});
        if (meaning.kind == Meaning::created && argument && meaning.object == *argument) {
          tellers_.push_back(instruction->target);
        }
        return;
      }
      const bool jumps = operation == Operation::jump;
      instruction = code_.at(jumps ? instruction->target : instruction->next());
    }
  }

  [[nodiscard]] bool is_foreign(const FlagRead& read) const {
    return !read.certain && !reads_flag(code_, flag_, read.instruction);
  }

  void add_test(const FlagTest& test) {
    const FlagMeaning meaning = find_flag_meaning(code_, flag_, test, tellers_);
    const std::optional<std::uint64_t> function = body_of(test);
    if (!function && meaning.kind == Meaning::nothing && is_foreign({test.load, test.certain})) {
      ++plan_.counts.foreign;
      return;
    }
    ++plan_.counts.tests;
    if (function) {
      ++plan_.counts.function;
      return;
    }
    const std::optional<SymbolicValue> counted = counted_object(code_, test);
    if (meaning.kind == Meaning::destroyed) {
      ++plan_.counts.destroyed;
    } else if (meaning.kind == Meaning::nothing && !counted) {
      ++plan_.counts.other;
    } else {
      ++plan_.counts.created;
      const bool told = meaning.kind == Meaning::created && to_operand(meaning.object);
      add_guarded(test, told ? meaning.object : counted);
    }
  }

  void add_guarded(const FlagTest& test, const std::optional<SymbolicValue>& object) {
    if (!object || !to_operand(*object)) {
      plan_.unclear.push_back(test.jump);
      return;
    }
    if (code_.is_jump_target(test.jump)) {
      plan_.shared.push_back(test.jump);
    }
    candidates_[test.jump] = {*object, true};
  }

  void add_calls() {
    for (const CodeReference& call : code_.calls()) {
      const auto instruction =
          contains(functions_, call.value) ? code_.at(call.instruction) : std::nullopt;
      if (!instruction) {
        continue;
      }
      ++plan_.counts.calls;
      const bool plain = instruction->operation != Operation::conditional_jump &&
                         is_emulated_at(code_.image(), call.instruction);
      if (!plain) {
        plan_.unusual.push_back(call.instruction);
      }
      candidates_[call.instruction] = {{SymbolicValue::Kind::start_register, kRdi, 0}, false};
    }
  }

  // call *GOT(%rip), as -fno-plt makes it: the kernel would single-step it.
  void add_indirect_calls() {
    for (const std::string_view symbol : kFunctions) {
      const auto entries = got_entries_of(code_.image(), std::string(symbol));
      for (const CodeReference& reference : code_.data_references()) {
        // The PLT's stubs use them, too.
        if (contains(entries, reference.value) &&
            !code_.image().plt_target(reference.instruction)) {
          plan_.unusual.push_back(reference.instruction);
        }
      }
    }
  }

  void choose_sites(const AllocatorTables& tables) {
    std::vector<ObjectPlace> places;
    for (const auto& [instruction, candidate] : candidates_) {
      places.push_back({instruction, candidate.object});
    }
    const AllocatorKnowledge knowledge = allocator_knowledge(code_.image(), tables);
    const std::set<std::uint64_t> fresh = find_fresh_objects(code_, knowledge, places);
    for (const auto& [vaddr, candidate] : candidates_) {
      (fresh.contains(vaddr) ? plan_.fresh : plan_.sites).push_back(site_of(vaddr, candidate));
    }
  }

  [[nodiscard]] ProbeSite site_of(std::uint64_t vaddr, const Candidate& candidate) const {
    ProbeSite site;
    site.vaddr = vaddr;
    site.file_offset = code_.image().file_offset(vaddr).value_or(0);
    site.site.op = TMBPF_OP_NEW_REFERENCE;
    site.site.guarded = candidate.guarded ? 1 : 0;
    site.site.ptr = to_operand(candidate.object).value_or(tmbpf_operand{});
    return site;
  }

  const CodeIndex& code_;
  const TracingFlag& flag_;
  std::vector<std::uint64_t> functions_;
  std::vector<std::uint64_t> tellers_;
  std::map<std::uint64_t, Candidate> candidates_;
  NewReferencePlan plan_;
};

}  // namespace

void add_new_reference_interest(const ElfImage& image, const TracingFlag& flag,
                                CodeInterest& interest) {
  add_flag_interest(image, flag, interest);
  for (const std::uint64_t target : targets_of(image, kFunctions)) {
    interest.functions.push_back(target);
  }
  for (const std::string_view symbol : kFunctions) {
    for (const std::uint64_t entry : got_entries_of(image, std::string(symbol))) {
      interest.data.push_back({entry, 8});
    }
  }
}

NewReferencePlan plan_new_references(const CodeIndex& code, const AllocatorTables& tables,
                                     const TracingFlag& flag) {
  return NewReferencePlanner(code, flag).run(tables);
}

}  // namespace tmbpf
