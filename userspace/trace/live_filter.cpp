// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/live_filter.h"

#include <atomic>
#include <utility>

#include "userspace/trace/running_programs.h"
#include "userspace/trace/stacks_map.h"

namespace tmbpf {
namespace {

constexpr std::uint32_t kEverySlot = 0xffffffff;
constexpr NamedFrame kUnknownFrame{.filename = "<unknown>"};

}  // namespace

LiveFilter::LiveFilter(StackSums& sums, const Maps& maps, const tmbpf_domains& domains,
                       tmbpf_filters& switches)
    : sums_(sums),
      codes_(maps.code_verdicts, 1),
      dropped_codes_(maps.dropped_codes, 1),
      stacks_fd_(maps.stacks),
      domains_(domains),
      switches_(switches) {}

// The slots that have a domain, first of all slot 0.
std::vector<std::uint32_t> LiveFilter::domains_now() const {
  std::vector<std::uint32_t> domains{0};
  for (const std::uint32_t& domain : domains_.domain) {
    if (domain == 0) {
      break;
    }
    domains.push_back(domain);
  }
  return domains;
}

void LiveFilter::set(RecordingFilters filters) {
  domains_judged_ = domains_now();
  if (filters.filters.empty()) {
    rules_.reset();
  } else {
    rules_.emplace(filters.filters);
  }
  if (filters_.empty()) {
    slots_at_first_ = domains_judged_.size();
  }
  filters_ = std::move(filters);
  if (!rules_) {
    for (const auto& [stack, slots] : hidden_) {
      outgrown_.insert(stack);
    }
  }
}

void LiveFilter::activate() {
  give_new_ids();
  std::atomic_ref(switches_.min_size).store(filters_.min_size);
  if (std::atomic_ref(switches_.active).exchange(filters_.empty() ? 0 : 1) != 0) {
    forget_dropped_codes();
  }
}

void LiveFilter::judge_code(std::uint32_t id, std::string_view filename) {
  if (rules_ && id < TMBPF_CODE_VERDICTS) {
    const std::uint8_t verdict = rules_->drops_file(0, filename) ? 1 : 0;
    std::atomic_ref(codes_[0].dropped[id]).store(verdict);
  }
}

std::uint32_t LiveFilter::dropped_slots(std::span<const NamedFrame> frames) {
  std::uint32_t slots = 0;
  for (std::size_t slot = 0; slot < domains_judged_.size(); ++slot) {
    slots |= rules_->keeps(domains_judged_[slot], frames) ? 0U : 1U << slot;
  }
  return slots;
}

void LiveFilter::judge_stack(std::uint64_t stack, std::span<const NamedFrame> frames, bool fresh) {
  const auto known = hidden_.find(stack);
  if (!rules_ || (known != hidden_.end() && known->second == kEverySlot)) {
    return;
  }
  const std::uint32_t dropped =
      dropped_slots(frames.empty() ? std::span(&kUnknownFrame, 1) : frames);
  // Blocks of a domain that came after the filters did, too.
  const std::uint32_t since = fresh ? kEverySlot : kEverySlot << slots_at_first_;
  const std::uint32_t hidden = (stack < TMBPF_STACK_FIRST ? 0 : dropped & since) |
                               (known == hidden_.end() ? 0 : known->second);
  if ((hidden & ~dropped) != 0) {
    outgrown_.insert(stack);
    return;
  }
  sums_.set_dropped(stack, dropped);
  if (hidden != 0) {
    hidden_[stack] = hidden;
  }
}

// What is hidden under an id stays so; the next block of such a stack gets a new one.
void LiveFilter::give_new_ids() {
  if (outgrown_.empty()) {
    return;
  }
  forget_stacks(stacks_fd_, outgrown_);
  std::atomic_ref(switches_.generation).fetch_add(1);
  for (const std::uint64_t stack : std::exchange(outgrown_, {})) {
    hidden_[stack] = kEverySlot;
    sums_.set_dropped(stack, kEverySlot);
  }
}

// Those that were found by the former verdicts; programs that read these must have ended.
void LiveFilter::forget_dropped_codes() {
  wait_for_programs();
  for (auto& code : dropped_codes_[0].code) {
    std::atomic_ref(code).store(0);
  }
}

bool LiveFilter::hides(std::uint64_t stack, std::uint32_t slot) const {
  if (stack == TMBPF_STACK_HIDDEN) {
    return true;
  }
  const auto known = hidden_.find(stack);
  return known != hidden_.end() && (known->second >> slot & 1U) != 0;
}

StackSum LiveFilter::hidden_sum() const {
  StackSum sum = sums_.read(TMBPF_STACK_HIDDEN);
  const std::uint32_t all = (1U << domains_judged_.size()) - 1;
  for (const auto& [stack, slots] : hidden_) {
    if ((slots & all) == all) {
      const StackSum part = sums_.read(stack);
      sum.bytes += part.bytes;
      sum.blocks += part.blocks;
    }
  }
  return sum;
}

}  // namespace tmbpf
