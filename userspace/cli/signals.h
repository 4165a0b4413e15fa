// SPDX-License-Identifier: Apache-2.0
// Signals as a file descriptor: what ends a command, and a child's change of state.
#pragma once

#include <optional>

#include "util/unique_fd.h"

namespace tmbpf {

struct Signal {
  int number = 0;
  bool from_terminal = false;  // every process of the terminal's foreground group has it too
};

// Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD for the whole process; to be made before any thread.
class Signals {
 public:
  // job: SIGTSTP and SIGCONT, too, for who owns a terminal.
  enum class Kind { plain, job };
  explicit Signals(Kind kind = Kind::plain);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next one that came, or nothing.
  [[nodiscard]] std::optional<Signal> next() const;

 private:
  UniqueFd fd_;
};

}  // namespace tmbpf
