// SPDX-License-Identifier: Apache-2.0
// What a hit costs the target, as sampling windows tell.
#pragma once

#include <chrono>
#include <cstdint>

#include "userspace/trace/sampling/sampling_window.h"

namespace tmbpf {

class HitCost {
 public:
  using Seconds = std::chrono::duration<double>;

  // Until a window tells.
  void assume(Seconds trap, Seconds program);
  void learn(const WindowResult& result);

  [[nodiscard]] Seconds trap() const { return trap_; }        // the kernel's part; 0: not known
  [[nodiscard]] Seconds program() const { return program_; }  // ours
  [[nodiscard]] Seconds counted() const { return trap_ + program_; }
  [[nodiscard]] Seconds ignored() const;  // of one that does not count
  // Hits in a second of the target's own time; `own`: as windows saw it, the first of which did not
  // know what a hit costs.
  [[nodiscard]] double rate(std::uint64_t hits, Seconds own) const;

 private:
  Seconds trap_{0};
  Seconds program_{0};
  bool told_ = false;  // a window did
};

}  // namespace tmbpf
