// SPDX-License-Identifier: Apache-2.0
// What the live blocks of each stack add up to, as the BPF programs keep it; and which stacks they
// are not to record.
#pragma once

#include <cstdint>

#include "bpf/tmbpf.h"
#include "userspace/trace/shared_array.h"

namespace tmbpf {

struct StackSum {
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
};

// Stacks are named by their id; those with TMBPF_STACK_HASHED have neither sum nor verdict.
class StackSums {
 public:
  StackSums(int map_fd, std::uint32_t entries) : sums_(map_fd, entries) {}

  // A program may be between the two numbers: off by one block for one moment.
  [[nodiscard]] StackSum read(std::uint64_t stack) const;
  // As when the block's trace had been taken out by a program.
  void take_out(std::uint64_t stack, std::uint64_t size);
  // Bit i: no blocks of domain slot i.
  void set_dropped(std::uint64_t stack, std::uint32_t slots);
  [[nodiscard]] std::uint64_t size() const { return sums_.size(); }

 private:
  [[nodiscard]] bool has(std::uint64_t stack) const { return stack < sums_.size(); }

  SharedArray<tmbpf_stack_sum> sums_;
};

}  // namespace tmbpf
