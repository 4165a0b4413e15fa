// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/site_planner.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "symbols/allocator/inner_entry.h"
#include "symbols/allocator/operand_walk.h"
#include "symbols/allocator/raw_call_finder.h"

namespace tmbpf {
namespace {

// From a hot edge to a direct call of the inner function, if the copy is not inlined.
constexpr std::size_t kMaxToPromotedCall = 12;

tmbpf_site make_site(const FunctionRole& role) {
  tmbpf_site site{};
  site.op = static_cast<std::uint8_t>(role.op);
  site.allocator = static_cast<std::uint8_t>(role.allocator);
  return site;
}

tmbpf_site make_result(tmbpf_op op, tmbpf_allocator allocator, std::uint8_t reg) {
  tmbpf_site site{};
  site.op = static_cast<std::uint8_t>(op);
  site.allocator = static_cast<std::uint8_t>(allocator);
  site.ptr.kind = TMBPF_OPERAND_REGISTER;
  site.ptr.reg = reg;
  return site;
}

class SitePlanner {
 public:
  SitePlanner(const CodeIndex& code, const AllocatorTables& tables)
      : code_(code), tables_(tables) {}

  SitePlan run(const SlotUses& uses) {
    plan_.counts.guards = uses.guards.size();
    for (const Guard& guard : uses.guards) {
      plan_guard(guard);
    }
    for (const FunctionRole& role : all_roles(tables_)) {
      plan_entry(role);
    }
    for (const std::uint64_t function : tables_.refilling) {
      plan_refill(function);
    }
    plan_.libc_calls = raw_places_.size();
    std::stable_sort(plan_.sites.begin(), plan_.sites.end(),
                     [](const ProbeSite& a, const ProbeSite& b) { return a.vaddr < b.vaddr; });
    return std::move(plan_);
  }

 private:
  void plan_guard(const Guard& guard) {
    const GuardedCall call = walk_to_guarded_call(code_, guard);
    if (call.calls == 0 && call.cut) {
      plan_.failures.operands.push_back(guard.compare);
      return;
    }
    if (call.calls == 0) {
      ++plan_.counts.not_sites;
      return;
    }
    if (calls_inner_function(guard)) {
      ++plan_.counts.promoted;
      return;
    }
    tmbpf_site site = make_site(guard.role);
    site.guarded = 1;
    if (!call.agreed || !fill_operands(call.arguments, site)) {
      plan_.failures.operands.push_back(guard.compare);
      return;
    }
    if (code_.is_jump_target(guard.jump)) {
      plan_.failures.shared_jumps.push_back(guard.jump);
    }
    if (add(guard.jump, AttachKind::entry, site)) {
      count_guard(guard.role);
      plan_.guards.push_back(guard);
    }
    plan_raw_results(guard.role, guard.hot);
  }

  void plan_entry(const FunctionRole& role) {
    const std::optional<InnerEntry> entry = find_inner_entry(code_, role.function);
    tmbpf_site site = make_site(role);
    if (!entry || !fill_operands(entry->arguments, site)) {
      plan_.failures.entries.push_back(role.function);
      return;
    }
    if (add(entry->vaddr, AttachKind::entry, site)) {
      ++plan_.counts.entries;
    }
    plan_raw_results(role, role.function);
  }

  // Rarely called, so where no emulated instruction has the return address on top of the stack, its
  // first one will do: the kernel single-steps it.
  void plan_refill(std::uint64_t function) {
    const std::optional<InnerEntry> entry = find_inner_entry(code_, function);
    if (!entry && !code_.is_instruction(function)) {
      plan_.failures.refill.push_back(function);
      return;
    }
    const bool emulated = entry && entry->return_address_on_top;
    add_return(emulated ? entry->vaddr : function,
               make_result(TMBPF_OP_REFILL_RETURN, TMBPF_PYMALLOC, kRax));
  }

  void plan_raw_results(const FunctionRole& role, std::uint64_t start) {
    if (role.allocator != TMBPF_RAW || role.op == TMBPF_OP_FREE) {
      return;
    }
    const RawCalls found = find_raw_calls(code_, start);
    plan_.failures.strays.insert(plan_.failures.strays.end(), found.strays.begin(),
                                 found.strays.end());
    for (const std::uint64_t call : found.calls) {
      if (raw_places_.insert(call).second) {
        plan_result(call);
      }
    }
    for (const std::uint64_t jump : found.tail_jumps) {
      if (!raw_places_.insert(jump).second) {
        continue;
      }
      if (is_emulated_at(code_.image(), jump)) {
        add_return(jump, make_result(TMBPF_OP_RAW_RETURN, TMBPF_RAW, kRax));
      } else {
        plan_.failures.results.push_back(jump);
      }
    }
  }

  void plan_result(std::uint64_t call) {
    const std::optional<ResultPlace> place = find_result(code_, call);
    // Two calls may share their result's instruction, but then also its register.
    const bool usable =
        place &&
        result_registers_.try_emplace(place->vaddr, place->reg).first->second == place->reg;
    if (!usable) {
      plan_.failures.results.push_back(call);
      return;
    }
    if (add(place->vaddr, AttachKind::entry, make_result(TMBPF_OP_RESULT, TMBPF_RAW, place->reg))) {
      ++plan_.counts.results;
    }
  }

  [[nodiscard]] bool calls_inner_function(const Guard& guard) const {
    std::optional<Instruction> instruction = code_.at(guard.hot);
    for (std::size_t i = 0; instruction && i < kMaxToPromotedCall; ++i) {
      switch (instruction->operation) {
        case Operation::call:
          return instruction->target == guard.role.function;
        case Operation::jump:
          if (instruction->target == guard.role.function) {
            return true;
          }
          instruction = code_.at(instruction->target);
          break;
        case Operation::conditional_jump:
        case Operation::indirect_call:
        case Operation::indirect_jump:
        case Operation::leave_function:
          return false;
        default:
          instruction = code_.at(instruction->next());
      }
    }
    return false;
  }

  void count_guard(const FunctionRole& role) {
    switch (role.op) {
      case TMBPF_OP_MALLOC:
        ++plan_.counts.malloc_sites[role.allocator];
        break;
      case TMBPF_OP_CALLOC:
        ++plan_.counts.calloc_sites[role.allocator];
        break;
      case TMBPF_OP_REALLOC:
        ++plan_.counts.realloc_sites[role.allocator];
        break;
      default:
        ++plan_.counts.free_sites[role.allocator];
    }
  }

  void add_return(std::uint64_t vaddr, const tmbpf_site& site) {
    if (add(vaddr, AttachKind::function_return, site)) {
      ++plan_.counts.returns;
    }
  }

  // False when the site is planned already.
  bool add(std::uint64_t vaddr, AttachKind attach, const tmbpf_site& site) {
    if (!planned_.emplace(vaddr, attach, site.op, site.allocator).second) {
      return false;
    }
    const std::uint64_t offset = code_.image().file_offset(vaddr).value_or(0);
    plan_.sites.push_back({vaddr, offset, attach, site});
    return true;
  }

  const CodeIndex& code_;
  const AllocatorTables& tables_;
  SitePlan plan_;
  std::set<std::uint64_t> raw_places_;
  std::map<std::uint64_t, std::uint8_t> result_registers_;
  std::set<std::tuple<std::uint64_t, AttachKind, std::uint8_t, std::uint8_t>> planned_;
};

}  // namespace

SitePlan plan_sites(const CodeIndex& code, const AllocatorTables& tables, const SlotUses& uses) {
  return SitePlanner(code, tables).run(uses);
}

}  // namespace tmbpf
