// SPDX-License-Identifier: Apache-2.0
// The loop of `tmbpf record`: waits, records what is due, and notices why to end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>

#include "userspace/cli/record_options.h"
#include "userspace/cli/recorder.h"
#include "userspace/cli/signals.h"
#include "userspace/trace/family.h"
#include "userspace/trace/launcher.h"

namespace tmbpf {

enum class RecordEnding : std::uint8_t { none, complete, interrupted, target_gone, program_done };

class RecordLoop {
 public:
  // All must outlive the object. `program`: the one that tmbpf started, or null. Throws Error as
  // Recorder does.
  RecordLoop(const RecordOptions& options, Family& family, const Signals& signals,
             LaunchedProgram* program);

  // Until --count, --duration, a signal or the target's end; each process is recorded once more
  // then. With a program, signals are for it, and the loop ends with it.
  RecordEnding run();
  // Waits until the program has ended, and passes signals on.
  void wait_for_program();

  [[nodiscard]] Recorder& recorder() { return recorder_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Process {
    const Tracer* tracer;  // another one: another program or process has the pid
    RecordSchedule schedule;
    std::uint64_t recorded = 0;
    bool fresh = false;  // recorded since the last wait
    bool ended = false;  // and recorded since
  };

  void wait();
  void take_signals();
  void take_changes();
  static bool is_due(Tracer& tracer, const RecordSchedule& schedule);
  void record_due();
  void record_ended();
  void record_last();
  void record(Tracer& tracer, Process& process);
  Process& process_of(const Tracer& tracer);
  [[nodiscard]] bool program_is_done() const;
  [[nodiscard]] bool complete() const;

  const RecordOptions& options_;
  Family& family_;
  const Signals& signals_;
  LaunchedProgram* program_;
  std::uint64_t interruptions_ = 0;         // signals that were meant for us
  bool busy_ = false;                       // with a snapshot
  std::uint64_t interruptions_before_ = 0;  // the snapshot at hand
  Recorder recorder_;
  std::map<pid_t, Process> processes_;
  Clock::time_point begin_ = Clock::now();
  RecordEnding ending_ = RecordEnding::none;
};

}  // namespace tmbpf
