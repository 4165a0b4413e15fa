// SPDX-License-Identifier: Apache-2.0
// How much of what the heap holds since the attach is attributed to a line, as counted in the heap
// itself. Counts are blocks of CPython's small-block allocator, those of at most 512 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "userspace/model/loss.h"

namespace tmbpf {

struct SizeClassCoverage {
  std::uint32_t block_size = 0;  // bytes that each of its blocks takes
  std::uint64_t attributed = 0;
  std::uint64_t missing = 0;
  std::uint64_t before = 0;
};

struct Coverage {
  std::uint64_t attributed = 0;  // live blocks that have a trace
  std::uint64_t missing = 0;     // live, not there at the attach, no trace
  std::uint64_t extra = 0;       // a trace, but not live
  std::uint64_t before = 0;      // live, from before the attach
  // Pools whose blocks could not be judged, as they kept changing; none of the counts has them.
  std::uint64_t unsettled_pools = 0;
  std::vector<SizeClassCoverage> classes;  // those in use, ascending
  // Of the missing blocks: no more than each count for those that were lost on the way, at least
  // the count for key "not_seen".
  std::vector<Loss> causes;

  // Of the live blocks since the attach, 0..1.
  [[nodiscard]] double share() const { return ratio(attributed, missing); }
  // The same, each block weighing what it takes.
  [[nodiscard]] double share_of_bytes() const {
    return ratio(bytes(&SizeClassCoverage::attributed), bytes(&SizeClassCoverage::missing));
  }
  // Sum over the size classes: bytes(&SizeClassCoverage::before).
  [[nodiscard]] std::uint64_t bytes(std::uint64_t SizeClassCoverage::*blocks) const {
    std::uint64_t sum = 0;
    for (const SizeClassCoverage& row : classes) {
      sum += row.*blocks * row.block_size;
    }
    return sum;
  }

 private:
  static double ratio(std::uint64_t part, std::uint64_t rest) {
    return part + rest == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(part + rest);
  }
};

}  // namespace tmbpf
