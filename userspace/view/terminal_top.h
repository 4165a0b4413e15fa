// SPDX-License-Identifier: Apache-2.0
// The full screen: owns the terminal while it lives. The event loop is the caller's: wait for
// input_fd(), call read_key() until it gives nothing, call show() when there is news.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "userspace/view/key.h"
#include "userspace/view/screen_line.h"
#include "userspace/view/terminal_guard.h"

struct screen;  // ncurses' SCREEN; its header is kept out because of its macros

namespace tmbpf {

// One at a time per process (ncurses keeps its state globally). Ctrl-C remains SIGINT, Ctrl-Z
// SIGTSTP. ncurses installs handlers for SIGINT, SIGTERM, SIGTSTP and SIGWINCH where the default
// action is set; they do not run while those are blocked for a signalfd, and size changes are seen
// all the same.
class TerminalTop {
 public:
  // Switches the terminal (standard input and output) to the full screen. `guard`, which must
  // outlive the object, is armed meanwhile; it may be null. Throws Error when there is no terminal,
  // or it is of a kind that ncurses does not know ($TERM). Sets the process's LC_CTYPE from the
  // environment, which ncurses needs for non-ASCII text.
  explicit TerminalTop(const TerminalGuard* guard = nullptr);
  TerminalTop(const TerminalTop&) = delete;
  TerminalTop& operator=(const TerminalTop&) = delete;
  TerminalTop(TerminalTop&&) = delete;
  TerminalTop& operator=(TerminalTop&&) = delete;
  // Gives the terminal back as it was, also when an exception passes.
  ~TerminalTop();

  // Replaces what is on the screen; what does not fit is cut. Lines must be free of control
  // characters (see printable()).
  void show(const ScreenLines& lines);

  // The next key pressed, or Key::resized: render for width() and show again.
  [[nodiscard]] std::optional<Key> read_key();

  // Gives the terminal back for a while; resume() takes it again, and draws all again, also when
  // somebody else has written on it.
  void suspend();
  void resume();

  [[nodiscard]] static int input_fd();
  // Whether the terminal shows more than ASCII.
  [[nodiscard]] static bool speaks_utf8();
  // Columns and lines of the screen; to be called while a TerminalTop lives.
  [[nodiscard]] static std::size_t width();
  [[nodiscard]] static std::size_t height();

 private:
  void follow_size();
  void arm() const;

  const TerminalGuard* guard_;
  screen* screen_;
  bool resized_ = false;
};

}  // namespace tmbpf
