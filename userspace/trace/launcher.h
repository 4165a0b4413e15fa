// SPDX-License-Identifier: Apache-2.0
// Starts a program and holds it at its first instruction, so that nothing it does is missed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "symbols/python_target.h"

namespace tmbpf {

// A child of ours. It is stopped until resume(); if the object goes before that, it is killed.
class LaunchedProgram {
 public:
  // Runs argv[0] (looked up in PATH) and stops it where the first Python program it becomes (a
  // launcher script may execute it) has its libraries mapped and none of its own code run. Stops
  // are made by ptrace, which is let go before this returns. Throws Error: not found, not
  // executable (failed), ended without becoming a Python (target).
  explicit LaunchedProgram(const std::vector<std::string>& argv);
  LaunchedProgram(const LaunchedProgram&) = delete;
  LaunchedProgram& operator=(const LaunchedProgram&) = delete;
  ~LaunchedProgram();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] PythonTarget take_target() { return std::move(target_); }
  void resume();
  // Whether it stopped itself (SIGSTOP: see TraceOptions::stop_at_end) or ended; does not wait.
  enum class State : std::uint8_t { running, stopped, ended };
  State state();
  // Waits for its end: its exit status, or 128 + the signal that killed it.
  int wait();

 private:
  void start(const std::vector<std::string>& argv);
  bool run_to_entry();
  void run_to_exec(int status) const;
  [[nodiscard]] int wait_for_stop() const;

  pid_t pid_ = -1;
  bool resumed_ = false;
  bool stopped_ = false;
  std::optional<int> ended_;  // as waitpid(2) tells it
  std::string name_;
  PythonTarget target_;
};

}  // namespace tmbpf
