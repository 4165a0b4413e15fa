// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/obmalloc_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <span>

#include "symbols/allocator/code_index.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// struct _obmalloc_state: pools.used, then mgmt.
constexpr std::uint64_t kArenas = 0x200;
constexpr std::uint64_t kMaxArenas = 0x208;
constexpr std::uint64_t kRawAllocatedBlocks = 0x440;
constexpr std::uint64_t kStateSize = 0x40450;
// Bytes of an instruction before its displacement: REX, opcode, ModRM, SIB.
constexpr std::size_t kMaxBeforeDisplacement = 4;
constexpr std::size_t kMinBeforeDisplacement = 3;

// The state must lie in memory that the program writes.
bool holds_state(const ElfImage& image, std::uint64_t vaddr) {
  return vaddr % 8 == 0 && std::any_of(image.sections().begin(), image.sections().end(),
                                       [vaddr](const ElfSection& section) {
                                         return section.writable && !section.relro &&
                                                vaddr >= section.vaddr &&
                                                section.size >= kStateSize &&
                                                vaddr - section.vaddr <= section.size - kStateSize;
                                       });
}

// The constant addresses that the function around `place` stores to [register + field].
void collect_stores(const ElfImage& image, std::uint64_t place, std::int64_t field,
                    std::set<std::uint64_t>& found) {
  const std::optional<FunctionRange> function = image.function_around(place);
  std::array<std::uint64_t, kRegisterCount> constants{};
  for (std::uint64_t at = function ? function->start : place; at <= place;) {
    const std::optional<Instruction> instruction = instruction_at(image, at);
    if (!instruction) {
      return;
    }
    const auto& [first, second] = instruction->operands;
    const bool stores = instruction->operation == Operation::move &&
                        first.kind == InstructionOperand::Kind::memory && first.bits == 64 &&
                        first.base != kNoRegister && first.index == kNoRegister &&
                        first.value == field;
    if (stores) {
      const std::uint64_t value = second.is_register() ? constants[second.reg] : second.address();
      if (holds_state(image, value)) {
        found.insert(value);
      }
    }
    for (std::size_t reg = 0; reg < kRegisterCount; ++reg) {
      constants[reg] = (instruction->written >> reg & 1U) != 0 ? 0 : constants[reg];
    }
    const bool address = instruction->operation == Operation::load_address && second.is_absolute();
    const bool immediate = instruction->operation == Operation::move &&
                           second.kind == InstructionOperand::Kind::immediate;
    if (first.is_register() && (address || immediate)) {
      constants[first.reg] = second.address();
    }
    at = instruction->next();
  }
}

// Looks for the field's offset in the code's bytes first: decoding all of it takes longer.
std::set<std::uint64_t> stored_states(const ElfImage& image, std::int64_t field) {
  std::array<std::byte, 4> pattern{};
  const auto displacement = static_cast<std::int32_t>(field);
  std::memcpy(pattern.data(), &displacement, pattern.size());
  std::set<std::uint64_t> found;
  for (const ElfSection& section : image.sections()) {
    if (!section.executable) {
      continue;
    }
    const auto code = image.bytes_at(section.vaddr, static_cast<std::size_t>(section.size));
    for (auto at = code.begin();;) {
      at = std::search(at, code.end(), pattern.begin(), pattern.end());
      if (at == code.end()) {
        break;
      }
      const std::uint64_t place = section.vaddr + static_cast<std::uint64_t>(at - code.begin());
      for (std::size_t back = kMinBeforeDisplacement; back <= kMaxBeforeDisplacement; ++back) {
        collect_stores(image, place - back, field, found);
      }
      ++at;
    }
  }
  return found;
}

// malloc counts a block that pymalloc does not serve: the field's place confirms the layout.
bool counts_raw_blocks(const ElfImage& image, const FunctionRange& function, std::int64_t field) {
  for (std::uint64_t at = function.start; at < function.end;) {
    const std::optional<Instruction> instruction = instruction_at(image, at);
    if (!instruction) {
      return false;
    }
    const InstructionOperand& first = instruction->operands[0];
    if (instruction->writes_memory && first.kind == InstructionOperand::Kind::memory &&
        first.base != kNoRegister && first.value == field && first.bits == 64) {
      return true;
    }
    at = instruction->next();
  }
  return false;
}

std::uint64_t main_state(const ElfImage& image, const PoolList& pools,
                         const std::vector<std::uint64_t>& initialised) {
  if (pools.displacement != 0) {
    if (initialised.size() != 1) {
      throw Error(fmt::format("{}: the main interpreter's pool lists not found ({} candidates)",
                              image.path(), initialised.size()));
    }
    return initialised.front();
  }
  const std::set<std::uint64_t> states =
      pools.base_field ? stored_states(image, *pools.base_field) : std::set<std::uint64_t>();
  if (states.size() != 1) {
    throw Error(fmt::format("{}: the main interpreter's pymalloc state not found ({} candidates)",
                            image.path(), states.size()));
  }
  return *states.begin();
}

}  // namespace

void find_obmalloc_state(const ElfImage& image, const PoolList& pools,
                         const std::vector<std::uint64_t>& initialised, AllocatorTables& tables) {
  const std::uint64_t state = main_state(image, pools, initialised);
  const std::int64_t counter = pools.displacement + static_cast<std::int64_t>(kRawAllocatedBlocks);
  if (!counts_raw_blocks(image, image.function_at(tables.pymalloc.malloc), counter)) {
    throw Error(fmt::format("{}: pymalloc's state has another layout than expected", image.path()));
  }
  tables.usedpools = state;
  tables.arenas = state + kArenas;
  tables.maxarenas = state + kMaxArenas;
  tables.raw_allocated_blocks = state + kRawAllocatedBlocks;
}

}  // namespace tmbpf
