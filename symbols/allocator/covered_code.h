// SPDX-License-Identifier: Apache-2.0
// Code that runs only behind planned sites, so that whatever it does has been seen by a probe.
//
// Covered are: the inner functions, whose entries are probed; what a guard's hot edge reaches
// before the next call or guard, a limited number of instructions deep; and helpers (clones,
// outlined parts) that nothing but covered code calls and no pointer leads to.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "symbols/allocator/code_index.h"
#include "symbols/allocator/guard_finder.h"

namespace tmbpf {

class CoveredCode {
 public:
  // `guards`: the planned ones, of any operation; `behind`: those whose hot edges count.
  CoveredCode(const CodeIndex& code, const std::vector<Guard>& guards,
              const std::vector<Guard>& behind, const std::vector<std::uint64_t>& entries);

  [[nodiscard]] bool covers(std::uint64_t instruction);

 private:
  enum class Answer : std::uint8_t { open, yes, no };

  void walk(const Guard& guard);
  [[nodiscard]] bool covers_helper(const FunctionRange& function);
  [[nodiscard]] bool is_stored(std::uint64_t function) const;

  const CodeIndex& code_;
  std::set<std::uint64_t> guard_jumps_;
  std::set<std::uint64_t> reached_;
  std::vector<FunctionRange> entries_;
  std::map<std::uint64_t, Answer> helpers_;  // by the function's first instruction
};

}  // namespace tmbpf
