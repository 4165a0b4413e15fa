// SPDX-License-Identifier: Apache-2.0
// A block that a sampling window saw handed out.
#pragma once

#include <cstdint>

namespace tmbpf {

struct SampledBlock {
  static constexpr std::uint32_t kNoWindow = ~0U;  // it was recorded, and stands for itself

  std::uint64_t address = 0;
  std::uint64_t stack = 0;
  std::uint32_t size = 0;    // bytes, as requested
  std::uint32_t window = 0;  // of its stratum, by number from 0 on; or kNoWindow
  double weight = 1;         // allocations that it stands for; 0: it is the first of a pool
};

}  // namespace tmbpf
