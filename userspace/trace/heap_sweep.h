// SPDX-License-Identifier: Apache-2.0
// Live mode: takes out of the chunks what pymalloc has freed, which no probe saw, as its pools say.
//
// Blocks are marked, then the heap is read, then those that it says are free lose their trace if
// the mark is still there: a program that recorded the address again meanwhile has taken it off. A
// program records a block just before pymalloc hands it out; pymalloc serves one thread at a time,
// so this can be true of the newest alone, which is let be unless no thread of the target runs.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "bpf/tmbpf.h"
#include "userspace/trace/chunks_map.h"
#include "userspace/trace/stack_sums.h"

namespace tmbpf {

// Of any thread.
class HeapSweep {
 public:
  // Everything must outlive it.
  HeapSweep(pid_t pid, const tmbpf_python& python, ChunksMap& chunks, StackSums& sums,
            tmbpf_totals& totals);

  // What is recorded when it returns was live at a moment since the call, or allocated since. False
  // when the heap cannot be read, or is no longer that of the recorded blocks: then nothing has
  // changed. About 0.1 s per million blocks.
  bool sweep();
  // The largest traced_current after a sweep, in bytes.
  [[nodiscard]] std::uint64_t peak() const { return peak_; }
  void reset_peak();

 private:
  void take_out(std::uint64_t address, const tmbpf_trace& trace);

  pid_t pid_;
  const tmbpf_python& python_;
  ChunksMap& chunks_;
  StackSums& sums_;
  tmbpf_totals& totals_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> peak_{0};
};

}  // namespace tmbpf
