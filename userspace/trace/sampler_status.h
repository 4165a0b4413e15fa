// SPDX-License-Identifier: Apache-2.0
// How the sampling goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tmbpf {

struct SamplerStatus {
  std::uint64_t windows = 0;      // closed
  std::uint64_t discarded = 0;    // of those: more happened in them than the log holds
  std::uint64_t events = 0;       // seen in windows
  std::uint64_t pools = 0;        // that pymalloc took between windows, and that were sampled
  std::size_t candidates = 0;     // blocks that are followed
  double own_seconds = 0;         // of the target's own time that windows recorded
  double cost_seconds = 0;        // by which the target came later
  double elapsed = 0;             // seconds since the begin
  double target_seconds = 0;      // of its own time since then (at least a twentieth of `elapsed`)
  double trap_seconds = 0;        // what a hit costs beside our programs
  double program_seconds = 0;     // what it costs in our programs
  double small_span_seconds = 0;  // of the target's own time that the next window is to record
  double raw_span_seconds = 0;    // likewise, of the raw domain
  bool raw_always = false;        // the raw domain has no windows: all of it is recorded
  // Where totals of the raw domain come from: "malloc" (glibc's heap), "none" (another allocator:
  // the weights of sampled blocks alone), "not needed" (none of its blocks is a sample).
  std::string raw_totals = "not needed";
  std::size_t malloc_chunks = 0;     // in use, when malloc's heap was last read
  std::size_t malloc_unsettled = 0;  // pieces of its arenas that could not be read, without totals
  double malloc_seconds = 0;         // that the reading took
  std::size_t probes = 0;            // that stay attached between windows
  std::string failure;               // why no windows are opened any more; empty: they are
  // By which share of its time the target came later, as far as that can be told from here.
  [[nodiscard]] double slowdown() const {
    return target_seconds > 0 ? cost_seconds / target_seconds : 0;
  }
};

}  // namespace tmbpf
