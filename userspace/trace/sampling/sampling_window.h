// SPDX-License-Identifier: Apache-2.0
// One window: for a short while every allocation is seen; what of it still lives at its end is told
// while the probes are still there, so that no block seems to live that was freed and handed out
// again meanwhile.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "userspace/trace/sampling/seen_block.h"
#include "userspace/trace/sampling/window_probes.h"
#include "userspace/trace/shared_array.h"

namespace tmbpf {

struct WindowResult {
  bool complete = false;                  // else the log was full and nothing is known
  bool timed = false;                     // else `own` contains the kernel's part of hits
  std::vector<SeenBlock> live;            // at the end
  std::vector<std::uint64_t> touched;     // addresses that were handed out or let go
  std::chrono::nanoseconds own{0};        // of the target's time that was recorded
  std::chrono::nanoseconds cost{0};       // by which the target came later
  std::chrono::nanoseconds least_gap{0};  // between hits; 0: there were too few
  std::chrono::nanoseconds inside{0};     // spent in our programs
  std::uint64_t hits = 0;                 // while it recorded
  std::uint64_t events = 0;
};

class SamplingWindow {
 public:
  // Everything must outlive it.
  SamplingWindow(int samples_map, tmbpf_method& method, tmbpf_totals& totals, pid_t pid,
                 const tmbpf_python& python);

  struct Plan {
    std::chrono::nanoseconds span;  // of the target's own time
    std::chrono::nanoseconds most;  // of time
    std::chrono::nanoseconds trap;  // what a hit costs beside our programs
    std::uint32_t number;
  };
  // Calls `meanwhile` every now and then. Throws Error when the probes cannot be attached.
  WindowResult run(WindowProbes& probes, const Plan& plan, const std::function<void()>& meanwhile);

  [[nodiscard]] const ProcessMemory& memory() const { return memory_; }

 private:
  void begin(const Plan& plan, tmbpf_stratum stratum);
  [[nodiscard]] pid_t last_thread() const;
  void wait(const Plan& plan, const std::function<void()>& meanwhile);
  void wait_tail(const Plan& plan, const std::function<void()>& meanwhile);
  void take_events(WindowResult& result, const Plan& plan);
  std::vector<SeenBlock> see(std::span<const SampledBlock> blocks);
  [[nodiscard]] std::uint32_t logged() const;

  SharedArray<tmbpf_samples> log_;
  tmbpf_method& method_;
  tmbpf_totals& totals_;
  pid_t pid_;
  ProcessMemory memory_;
  const tmbpf_python& python_;
  BlockContents contents_;
};

}  // namespace tmbpf
