// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/new_reference_flow.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace tmbpf {
namespace {

constexpr std::size_t kMaxSteps = 600000;

class Flow {
 public:
  Flow(const CodeIndex& code, const AllocatorKnowledge& knowledge, const FunctionParts& parts,
       const std::set<std::uint64_t>& wanted)
      : code_(code), knowledge_(knowledge), parts_(parts), wanted_(wanted) {}

  FunctionFlow run() {
    for (const std::uint64_t entry : parts_.entries) {
      enter(entry, OriginState());
    }
    drain();
    result_.complete = steps_ < kMaxSteps && !tables_;
    result_.returned = returned_.value_or(OriginValue{});
    return std::move(result_);
  }

 private:
  void enter(std::uint64_t address, const OriginState& state) {
    const auto [found, added] = states_.try_emplace(address, state);
    if (added || found->second.merge(state)) {
      work_.insert(address);
    }
  }

  void drain() {
    while (!work_.empty() && steps_ < kMaxSteps) {
      const std::uint64_t address = *work_.begin();
      work_.erase(work_.begin());
      follow(address, states_.at(address));
    }
  }

  // Straight on to where other paths may join.
  void follow(std::uint64_t address, OriginState state) {
    const std::uint64_t first = address;
    while (++steps_ < kMaxSteps) {
      if (address != first && (code_.is_jump_target(address) || states_.contains(address))) {
        enter(address, state);
        return;
      }
      const std::optional<Instruction> instruction =
          parts_.contains(address) ? code_.at(address) : std::nullopt;
      if (!instruction) {
        return;
      }
      note(address, state);
      if (!step(*instruction, state)) {
        return;
      }
      address = instruction->next();
    }
  }

  void note(std::uint64_t address, const OriginState& state) {
    if (wanted_.contains(address)) {
      const auto [found, added] = result_.at.try_emplace(address, state);
      if (!added) {
        found->second.merge(state);
      }
    }
  }

  // False when nothing follows the instruction.
  bool step(const Instruction& instruction, OriginState& state) {
    switch (instruction.operation) {
      case Operation::jump:
        jump(instruction.target, state);
        return false;
      case Operation::conditional_jump:
        jump(instruction.target, state);
        return true;
      case Operation::leave_function:
        leave(state.get(kRax));
        return false;
      case Operation::indirect_jump:
        jump_indirectly(instruction, state);
        return false;
      default:
        state.execute(instruction, code_, knowledge_);
        return true;
    }
  }

  void jump(std::uint64_t target, const OriginState& state) {
    if (parts_.contains(target)) {
      enter(target, state);
    } else {
      leave(knowledge_.allocates(target) ? OriginValue::fresh() : OriginValue::result_of(target));
    }
  }

  void jump_indirectly(const Instruction& instruction, const OriginState& state) {
    const OriginValue target = state.read(instruction.operands[0], code_, knowledge_);
    if (target.kind == OriginValue::Kind::allocator) {
      leave(OriginValue::fresh());
      return;
    }
    tables_ = true;
    leave({});
  }

  void leave(const OriginValue& value) { returned_ = returned_ ? join(*returned_, value) : value; }

  const CodeIndex& code_;
  const AllocatorKnowledge& knowledge_;
  const FunctionParts& parts_;
  const std::set<std::uint64_t>& wanted_;
  std::map<std::uint64_t, OriginState> states_;
  std::set<std::uint64_t> work_;
  std::optional<OriginValue> returned_;
  std::size_t steps_ = 0;
  bool tables_ = false;
  FunctionFlow result_;
};

}  // namespace

FunctionFlow follow_function(const CodeIndex& code, const AllocatorKnowledge& knowledge,
                             const FunctionParts& parts, const std::set<std::uint64_t>& wanted) {
  return Flow(code, knowledge, parts, wanted).run();
}

}  // namespace tmbpf
