// SPDX-License-Identifier: Apache-2.0
// The full-screen view: owns the terminal while it lives. The event loop is the caller's: wait
// for input_fd(), call read_key() until it gives nothing, call show() when there is news.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

struct screen;  // ncurses' SCREEN; its header is kept out because of its macros

namespace tmbpf {

// One at a time per process (ncurses keeps its state globally). Ctrl-C remains SIGINT. ncurses
// installs handlers for SIGINT, SIGTERM, SIGTSTP and SIGWINCH where the default action is set;
// they do not run while those are blocked for a signalfd, and size changes are seen all the same.
class TerminalTop {
 public:
  // What read_key() gives when the terminal has a new size: render for width() and show again.
  static constexpr int kResized = -2;

  // Switches the terminal (standard input and output) to the full-screen view. Throws Error when
  // it is none, or of a kind that ncurses does not know ($TERM). Sets the process's LC_CTYPE
  // from the environment, which ncurses needs for non-ASCII text.
  TerminalTop();
  TerminalTop(const TerminalTop&) = delete;
  TerminalTop& operator=(const TerminalTop&) = delete;
  TerminalTop(TerminalTop&&) = delete;
  TerminalTop& operator=(TerminalTop&&) = delete;
  // Gives the terminal back as it was, also when an exception passes.
  ~TerminalTop();

  // Replaces what is on the screen; what does not fit is cut. Lines must be free of control
  // characters (see printable()).
  void show(const std::vector<std::string>& lines);

  // The next key pressed (a character, or a KEY_ constant of ncurses), kResized, or nothing.
  [[nodiscard]] std::optional<int> read_key();

  [[nodiscard]] static int input_fd();
  // Columns and lines of the screen; to be called while a TerminalTop lives.
  [[nodiscard]] static std::size_t width();
  [[nodiscard]] static std::size_t height();

 private:
  void follow_size();

  screen* screen_;
  bool resized_ = false;
};

}  // namespace tmbpf
