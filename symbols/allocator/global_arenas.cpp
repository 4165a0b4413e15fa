// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/global_arenas.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "symbols/allocator/code_index.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxInstructions = 128;

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

// 3.8: `arenaindex < maxarenas` is the function's first comparison with a 4-byte global, the
// pointer loaded next is arenas.
void read_address_check(const ElfImage& image, AllocatorTables& tables) {
  std::uint64_t address = tables.pymalloc.free;
  for (std::size_t i = 0; i < kMaxInstructions; ++i) {
    const std::optional<Instruction> instruction = instruction_at(image, address);
    if (!instruction) {
      return;
    }
    const bool reads =
        instruction->operation == Operation::compare || instruction->operation == Operation::move;
    for (const InstructionOperand& operand : instruction->operands) {
      if (!reads || instruction->writes_memory || !operand.is_absolute()) {
        continue;
      }
      if (tables.maxarenas == 0 && operand.bits == 32) {
        tables.maxarenas = operand.address();
      } else if (tables.maxarenas != 0 && operand.bits == 64) {
        tables.arenas = operand.address();
        return;
      }
    }
    address = instruction->next();
  }
}

}  // namespace

void find_global_arenas(const ElfImage& image, AllocatorTables& tables) {
  const std::optional<std::uint64_t> counter = image.symbol("_Py_GetAllocatedBlocks");
  if (!counter) {
    throw Error(fmt::format("{} does not export _Py_GetAllocatedBlocks", image.path()));
  }
  const GlobalLoads loads = read_globals(image, *counter);
  if (loads.narrow.empty() && loads.pointers.empty()) {
    read_address_check(image, tables);
  } else {
    tables.maxarenas = only_member(loads.narrow);
    tables.arenas = only_member(loads.pointers);
    tables.raw_allocated_blocks = only_member(loads.accumulated);
    tables.maxarenas = tables.raw_allocated_blocks == 0 ? 0 : tables.maxarenas;
  }
  if (tables.maxarenas == 0 || tables.arenas == 0) {
    throw Error(fmt::format("{}: pymalloc's arenas not found in _Py_GetAllocatedBlocks at {:#x}",
                            image.path(), *counter));
  }
}

}  // namespace tmbpf
