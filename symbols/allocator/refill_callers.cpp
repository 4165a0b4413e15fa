// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/refill_callers.h"

#include <deque>
#include <set>
#include <utility>

namespace tmbpf {
namespace {

// An inlined copy reaches its call within this many instructions of the guard.
constexpr std::size_t kMaxFromGuard = 40;
// _PyObject_Realloc looks up the arena and decides about shrinking before it allocates.
constexpr std::size_t kMaxFromEntry = 80;

class CallerSearch {
 public:
  CallerSearch(const CodeIndex& code, std::uint64_t refill, const std::vector<Guard>& guards)
      : code_(code), refill_(refill) {
    for (const Guard& guard : guards) {
      guard_jumps_.insert(guard.jump);
    }
  }

  // Breadth first, so that each instruction is met with the most steps left. Stops at calls and at
  // guards: what lies behind another guard is that guard's to prove.
  void from(std::uint64_t start, std::size_t depth) {
    std::deque<std::pair<std::uint64_t, std::size_t>> work{{start, depth}};
    std::set<std::uint64_t> visited{start};
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
      const Operation operation = instruction->operation;
      const bool direct = operation == Operation::call || operation == Operation::jump;
      if (direct && instruction->target == refill_) {
        reached_.insert(address);
      } else if (operation == Operation::jump || operation == Operation::conditional_jump) {
        enter(instruction->target, left - 1);
      }
      const bool stops = direct || operation == Operation::indirect_call ||
                         operation == Operation::indirect_jump ||
                         operation == Operation::leave_function;
      if (!stops) {
        enter(instruction->next(), left - 1);
      }
    }
  }

  [[nodiscard]] bool reached(std::uint64_t caller) const { return reached_.contains(caller); }

 private:
  const CodeIndex& code_;
  std::uint64_t refill_;
  std::set<std::uint64_t> guard_jumps_;
  std::set<std::uint64_t> reached_;
};

}  // namespace

RefillCallers find_refill_callers(const CodeIndex& code, const AllocatorTables& tables,
                                  const std::vector<Guard>& guards) {
  CallerSearch search(code, tables.refill, guards);
  for (const Guard& guard : guards) {
    if (guard.role.allocator == TMBPF_PYMALLOC && guard.role.op != TMBPF_OP_FREE) {
      search.from(guard.hot, kMaxFromGuard);
    }
  }
  for (const std::uint64_t entry :
       {tables.pymalloc.malloc, tables.pymalloc.calloc, tables.pymalloc.realloc}) {
    search.from(entry, kMaxFromEntry);
  }
  RefillCallers result;
  for (const CodeReference& call : code.calls()) {
    if (call.value == tables.refill) {
      ++result.all;
      if (!search.reached(call.instruction)) {
        result.unreached.push_back(call.instruction);
      }
    }
  }
  return result;
}

}  // namespace tmbpf
