// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/stack_sums.h"

#include <atomic>

namespace tmbpf {
namespace {

// A block that one CPU put and another took out may be counted as gone first.
std::uint64_t not_negative(std::uint64_t sum) { return sum >> 63U != 0 ? 0 : sum; }

}  // namespace

StackSum StackSums::read(std::uint64_t stack) const {
  if (!has(stack)) {
    return {};
  }
  auto& sum = sums_[stack];
  return {.bytes = not_negative(std::atomic_ref(sum.bytes).load(std::memory_order_relaxed)),
          .blocks = not_negative(std::atomic_ref(sum.blocks).load(std::memory_order_relaxed))};
}

void StackSums::take_out(std::uint64_t stack, std::uint64_t size) {
  if (has(stack)) {
    std::atomic_ref(sums_[stack].bytes).fetch_sub(size);
    std::atomic_ref(sums_[stack].blocks).fetch_sub(1);
  }
}

void StackSums::set_dropped(std::uint64_t stack, std::uint32_t slots) {
  if (has(stack)) {
    std::atomic_ref(sums_[stack].dropped).store(slots);
  }
}

}  // namespace tmbpf
