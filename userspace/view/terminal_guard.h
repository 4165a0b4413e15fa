// SPDX-License-Identifier: Apache-2.0
// Gives the terminal back when this process cannot: a small child waits until we end, however that
// happens (SIGKILL too), and then, if we had not done so, leaves the full screen and restores the
// modes, unless somebody (a shell) has changed them since.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <string_view>

#include "util/unique_fd.h"

namespace tmbpf {

// The child ignores the signals that end or stop us, has a process group of its own, and holds no
// file but the terminal. To be made before there is a thread or anything that must go with us. The
// child counts as one that SIGCHLD tells of.
class TerminalGuard {
 public:
  // For standard input and output. Does nothing when that is no terminal or no child can be made.
  TerminalGuard();
  TerminalGuard(const TerminalGuard&) = delete;
  TerminalGuard& operator=(const TerminalGuard&) = delete;
  TerminalGuard(TerminalGuard&&) = delete;
  TerminalGuard& operator=(TerminalGuard&&) = delete;
  // Ends the child.
  ~TerminalGuard();

  // The terminal is the full screen's now. `leave`: what is to be sent to it to leave that.
  void arm(std::string_view leave) const;
  // The terminal is as it was.
  void disarm() const;

 private:
  struct Message;
  static void guard(int us, const termios& before);

  UniqueFd child_;
  pid_t pid_ = -1;
};

}  // namespace tmbpf
