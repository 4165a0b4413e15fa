// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/covered_code.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include "symbols/allocator/pool_comparison.h"

namespace tmbpf {
namespace {

// An inlined copy of malloc or free does its work within this many instructions of the guard.
constexpr std::size_t kMaxFromGuard = 40;
// Realloc looks up the arena and decides about shrinking before it allocates.
constexpr std::size_t kMaxFromRealloc = 160;

// Outlined parts and clones are few; beyond these, code is not taken for one.
constexpr std::size_t kMaxHelpers = 64;

// Realloc frees the old block after it has copied it.
bool copies(const CodeIndex& code, const Instruction& call) {
  const auto name = code.image().plt_target(call.target);
  return name == "memcpy" || name == "memmove";
}

}  // namespace

CoveredCode::CoveredCode(const CodeIndex& code, const std::vector<Guard>& guards,
                         const std::vector<Guard>& behind,
                         const std::vector<std::uint64_t>& entries)
    : code_(code) {
  for (const Guard& guard : guards) {
    guard_jumps_.insert(guard.jump);
  }
  for (const Guard& guard : behind) {
    walk(guard);
  }
  for (const std::uint64_t entry : entries) {
    entries_.push_back(code.image().function_at(entry));
  }
}

// Breadth first, so that each instruction is met with the most steps left. Stops at calls and at
// guards: what lies behind another guard is that guard's to prove.
void CoveredCode::walk(const Guard& guard) {
  const bool realloc = guard.role.op == TMBPF_OP_REALLOC;
  std::deque<std::pair<std::uint64_t, std::size_t>> work{
      {guard.hot, realloc ? kMaxFromRealloc : kMaxFromGuard}};
  std::set<std::uint64_t> visited{guard.hot};
  const auto enter = [&](std::uint64_t address, std::size_t left) {
    if (left > 0 && !guard_jumps_.contains(address) && visited.insert(address).second) {
      work.emplace_back(address, left);
    }
  };
  while (!work.empty()) {
    const auto [address, left] = work.front();
    work.pop_front();
    const std::optional<Instruction> instruction = code_.at(address);
    if (!instruction) {
      continue;
    }
    switch (instruction->operation) {
      case Operation::jump:
        enter(instruction->target, left - 1);
        break;
      case Operation::conditional_jump:
        enter(instruction->target, left - 1);
        enter(instruction->next(), left - 1);
        break;
      case Operation::call:
        if (realloc && copies(code_, *instruction)) {
          enter(instruction->next(), left - 1);
        }
        break;
      case Operation::indirect_call:
      case Operation::indirect_jump:
      case Operation::leave_function:
        break;
      default:
        enter(instruction->next(), left - 1);
    }
  }
  reached_.merge(visited);
}

bool CoveredCode::covers(std::uint64_t instruction) {
  const bool inside =
      std::any_of(entries_.begin(), entries_.end(), [&](const FunctionRange& range) {
        return instruction >= range.start && instruction < range.end;
      });
  if (inside || reached_.contains(instruction)) {
    return true;
  }
  const std::optional<FunctionRange> helper = code_.image().function_around(instruction);
  return helper && covers_helper(*helper);
}

bool CoveredCode::covers_helper(const FunctionRange& function) {
  if (helpers_.size() >= kMaxHelpers) {
    return false;
  }
  const auto [found, fresh] = helpers_.try_emplace(function.start, Answer::open);
  if (!fresh) {
    return found->second != Answer::no;  // open: a cycle, entered only where the others are
  }
  std::vector<std::uint64_t> ways = code_.callers_of(function.start);
  for (const CodeReference& jump : code_.jumps_into(function)) {
    ways.push_back(jump.instruction);
  }
  const bool covered =
      !ways.empty() && !code_.is_address_taken(function.start) &&
      std::all_of(ways.begin(), ways.end(), [this](std::uint64_t way) { return covers(way); }) &&
      !is_stored(function.start);
  helpers_[function.start] = covered ? Answer::yes : Answer::no;
  return covered;
}

bool CoveredCode::is_stored(std::uint64_t function) const {
  const ElfImage& image = code_.image();
  std::array<std::byte, 8> pattern{};
  std::memcpy(pattern.data(), &function, pattern.size());
  const bool in_bytes =
      std::any_of(image.sections().begin(), image.sections().end(), [&](const ElfSection& section) {
        const auto bytes = image.bytes_at(section.vaddr, static_cast<std::size_t>(section.size));
        return section.has_bits && !section.executable &&
               std::search(bytes.begin(), bytes.end(), pattern.begin(), pattern.end()) !=
                   bytes.end();
      });
  return in_bytes ||
         std::any_of(image.relative_relocations().begin(), image.relative_relocations().end(),
                     [function](const RelativeRelocation& relocation) {
                       return relocation.value == function;
                     });
}

}  // namespace tmbpf
