// SPDX-License-Identifier: Apache-2.0
// The loop of a live view: waits, refreshes, and notices why to end.
#pragma once

#include <chrono>
#include <cstdint>

#include "userspace/cli/live_display.h"
#include "userspace/cli/live_options.h"
#include "userspace/cli/live_targets.h"
#include "userspace/cli/signals.h"
#include "userspace/trace/launcher.h"

namespace tmbpf {

enum class LiveEnding : std::uint8_t { none, quit, interrupted, target_gone, program_done };

class LiveLoop {
 public:
  // All must outlive the object. `program`: the one that tmbpf started, or null.
  LiveLoop(const LiveOptions& options, LiveTargets& targets, const Signals& signals,
           LiveDisplay& display, LaunchedProgram* program);

  // Until the user, a signal, --once, --duration, the end of all targets or of the program.
  LiveEnding run();
  // The last tables: after the full screen is gone, or when the end came before the interval's.
  void show_last();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] double interval() const;
  void wait_until(Clock::time_point when);
  void take_signals();
  void take_changes();
  void take(const Signal& signal);
  [[nodiscard]] bool program_is_done() const;

  const LiveOptions& options_;
  LiveTargets& targets_;
  const Signals& signals_;
  LiveDisplay& display_;
  LaunchedProgram* program_;
  LiveEnding ending_ = LiveEnding::none;
  bool shown_ = false;
};

}  // namespace tmbpf
