// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/pool_state.h"

#include <fmt/format.h>

#include <set>

#include "symbols/allocator/code_index.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// NB_SMALL_SIZE_CLASSES: 512 bytes in steps of 16.
constexpr std::size_t kSizeClasses = 32;
// offsetof(struct pool_header, nextpool).
constexpr std::uint64_t kNextPool = 16;
constexpr std::size_t kMaxInstructions = 128;

bool is_empty_head(const WordView& words, std::size_t i) {
  return i + 1 < words.size() && words.value(i) == words.vaddr(i) - kNextPool &&
         words.value(i + 1) == words.value(i);
}

std::vector<std::uint64_t> usedpools_candidates(const std::vector<WordView>& views) {
  std::vector<std::uint64_t> found;
  for (const WordView& words : views) {
    for (std::size_t i = 0; i + 1 < words.size();) {
      std::size_t pairs = 0;
      while (is_empty_head(words, i + 2 * pairs)) {
        ++pairs;
      }
      if (pairs >= kSizeClasses) {
        found.push_back(words.vaddr(i));
      }
      i += pairs > 0 ? 2 * pairs : 1;
    }
  }
  return found;
}

struct GlobalLoads {
  std::set<std::uint64_t> narrow;       // 4 bytes: maxarenas
  std::set<std::uint64_t> pointers;     // 8 bytes, then dereferenced or stepped over: arenas
  std::set<std::uint64_t> accumulated;  // 8 bytes, added to what is counted: raw_allocated_blocks
};

// Follows one function in address order: the loads of globals, and which register each is in when
// it is used as a pointer.
GlobalLoads read_globals(const ElfImage& image, std::uint64_t function) {
  GlobalLoads loads;
  std::array<std::uint64_t, kRegisterCount> holds{};
  std::uint64_t address = function;
  for (std::size_t i = 0; i < kMaxInstructions; ++i) {
    const std::optional<Instruction> instruction = instruction_at(image, address);
    if (!instruction || instruction->operation == Operation::leave_function) {
      break;
    }
    for (const InstructionOperand& operand : instruction->operands) {
      if (operand.kind == InstructionOperand::Kind::memory && operand.base != kNoRegister &&
          holds[operand.base] != 0) {
        loads.pointers.insert(holds[operand.base]);
      }
    }
    const auto& [destination, source] = instruction->operands;
    for (std::size_t reg = 0; reg < kRegisterCount; ++reg) {
      const bool written = (instruction->written >> reg & 1U) != 0;
      if (written && instruction->operation != Operation::add) {
        holds[reg] = 0;
      }
    }
    if (instruction->operation == Operation::move && source.is_absolute() &&
        destination.is_register()) {
      if (source.bits == 32) {
        loads.narrow.insert(source.address());
      } else if (source.bits == 64) {
        loads.accumulated.insert(source.address());
        holds[destination.reg] = source.address();
      }
    }
    address = instruction->next();
  }
  for (const std::uint64_t pointer : loads.pointers) {
    loads.accumulated.erase(pointer);
  }
  return loads;
}

std::uint64_t only_member(const std::set<std::uint64_t>& values) {
  return values.size() == 1 ? *values.begin() : 0;
}

}  // namespace

void find_pool_state(const ElfImage& image, const std::vector<WordView>& views,
                     AllocatorTables& tables) {
  const std::vector<std::uint64_t> usedpools = usedpools_candidates(views);
  if (usedpools.size() != 1) {
    throw Error(fmt::format("{}: pymalloc's pool lists not found ({} candidates)", image.path(),
                            usedpools.size()));
  }
  tables.usedpools = usedpools.front();
  const std::optional<std::uint64_t> counter = image.symbol("_Py_GetAllocatedBlocks");
  if (!counter) {
    throw Error(fmt::format("{} does not export _Py_GetAllocatedBlocks", image.path()));
  }
  const GlobalLoads loads = read_globals(image, *counter);
  tables.maxarenas = only_member(loads.narrow);
  tables.arenas = only_member(loads.pointers);
  tables.raw_allocated_blocks = only_member(loads.accumulated);
  if (tables.maxarenas == 0 || tables.arenas == 0 || tables.raw_allocated_blocks == 0) {
    throw Error(fmt::format("{}: pymalloc's arenas not found in _Py_GetAllocatedBlocks at {:#x}",
                            image.path(), *counter));
  }
}

}  // namespace tmbpf
