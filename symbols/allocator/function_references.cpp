// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/function_references.h"

#include <algorithm>
#include <array>
#include <set>

#include "symbols/allocator/slot_value.h"
#include "symbols/allocator/word_view.h"

namespace tmbpf {
namespace {

// All four functions of an allocator stand side by side.
bool in_table(const AllocatorTables& tables, const WordView& words, std::size_t index,
              const FunctionRole& role) {
  const AllocatorFunctions& functions = role.allocator == TMBPF_RAW ? tables.raw : tables.pymalloc;
  const std::array<std::uint64_t, 4> wanted{functions.malloc, functions.calloc, functions.realloc,
                                            functions.free};
  const auto place = static_cast<std::size_t>(role.op - TMBPF_OP_MALLOC);
  if (index < place || index - place + wanted.size() > words.size()) {
    return false;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (words.value(index - place + i) != wanted[i]) {
      return false;
    }
  }
  return true;
}

struct FunctionWords {
  std::size_t in_tables = 0;
  std::vector<std::uint64_t> loose;  // vaddrs
};

FunctionWords find_words(const ElfImage& image, const AllocatorTables& tables) {
  FunctionWords found;
  for (const WordView& words : all_words(image)) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::optional<FunctionRole> role = role_of_function(tables, words.value(i));
      if (role && in_table(tables, words, i, *role)) {
        ++found.in_tables;
      } else if (role) {
        found.loose.push_back(words.vaddr(i));
      }
    }
  }
  return found;
}

class ReferenceFinder {
 public:
  ReferenceFinder(const CodeIndex& code, const AllocatorTables& tables,
                  const std::vector<Guard>& guards)
      : code_(code), tables_(tables) {
    for (const Guard& guard : guards) {
      guards_.insert(guard.compare);
    }
  }

  FunctionReferences run() {
    for (const CodeReference& call : code_.calls()) {
      result_.calls += role_of_function(tables_, call.value) ? 1 : 0;
    }
    for (const CodeReference& compare : code_.compares()) {
      if (const std::optional<Instruction> instruction = code_.at(compare.instruction)) {
        add_comparison(*instruction);
      }
    }
    for (const auto* references : {&code_.data_references(), &code_.immediates()}) {
      for (const CodeReference& reference : *references) {
        const std::optional<Instruction> instruction = code_.at(reference.instruction);
        if (instruction && role_of_function(tables_, reference.value)) {
          add_load(*instruction);
        }
      }
    }
    const FunctionWords words = find_words(code_.image(), tables_);
    result_.in_tables = words.in_tables;
    for (const std::uint64_t word : words.loose) {
      add_loose_word(word);
    }
    return std::move(result_);
  }

 private:
  void add_comparison(const Instruction& compare) {
    if (!counted_.insert(compare.address).second) {
      return;
    }
    if (guards_.contains(compare.address)) {
      ++result_.guards;
    } else if (chooses_call(code_, compare)) {
      result_.unknown.push_back(compare.address);
    } else {
      ++result_.compared;
    }
  }

  void add_load(const Instruction& load) {
    const InstructionOperand& first = load.operands[0];
    if (load.writes_memory || load.operation == Operation::push) {
      ++result_.stored;
      return;
    }
    const bool loads =
        load.operation == Operation::load_address || load.operation == Operation::move;
    const auto uses =
        loads && first.is_register() ? follow_slot_value(code_, load) : std::vector<SlotValueUse>();
    if (uses.empty()) {
      result_.unknown.push_back(load.address);
    }
    for (const SlotValueUse& use : uses) {
      switch (use.kind) {
        case SlotValueUse::Kind::compared:
          add_comparison(use.instruction);
          break;
        case SlotValueUse::Kind::called:
          ++result_.calls;
          break;
        case SlotValueUse::Kind::stored:
        case SlotValueUse::Kind::computed:
          ++result_.stored;
          break;
      }
    }
  }

  // A word that is no part of a table is a constant that vector instructions copy, alone or as the
  // second half of 16 bytes.
  void add_loose_word(std::uint64_t word) {
    bool copied = false;
    for (const CodeReference& reference : code_.data_references()) {
      const bool whole = reference.value == word;
      if (!whole && reference.value != word - sizeof(word)) {
        continue;
      }
      const std::optional<Instruction> instruction = code_.at(reference.instruction);
      const bool vector = instruction &&
                          instruction->operands[0].kind == InstructionOperand::Kind::reg &&
                          !instruction->operands[0].is_register();
      copied = copied || vector;
      if (whole && instruction && !vector) {
        add_load(*instruction);
      }
    }
    if (copied) {
      ++result_.stored;
    } else {
      result_.unknown.push_back(word);
    }
  }

  const CodeIndex& code_;
  const AllocatorTables& tables_;
  std::set<std::uint64_t> guards_;
  std::set<std::uint64_t> counted_;
  FunctionReferences result_;
};

}  // namespace

void add_interest(const ElfImage& image, const AllocatorTables& tables, CodeInterest& interest) {
  for (const std::uint64_t word : find_words(image, tables).loose) {
    interest.data.push_back({word - sizeof(word), 2 * sizeof(word)});
  }
}

FunctionReferences find_function_references(const CodeIndex& code, const AllocatorTables& tables,
                                            const std::vector<Guard>& guards) {
  return ReferenceFinder(code, tables, guards).run();
}

}  // namespace tmbpf
