// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/terminal_top.h"

#define NCURSES_NOMACROS
#include <langinfo.h>
#include <ncurses.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "util/error.h"

namespace tmbpf {
namespace {

bool terminal_speaks_utf8() { return std::string_view(nl_langinfo(CODESET)) == "UTF-8"; }

// Other character sets get '?', one per character.
std::string ascii_only(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else if (byte >= 0xc0) {
      result += '?';
    }
  }
  return result;
}

SCREEN* open_screen() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    throw Error("the full-screen view needs a terminal as standard input and output");
  }
  std::setlocale(LC_CTYPE, "");
  // Not initscr(): that one ends the process when it fails.
  SCREEN* screen = newterm(nullptr, stdout, stdin);
  if (screen == nullptr) {
    const char* kind = std::getenv("TERM");
    throw Error(std::string("unknown terminal type: ") + (kind == nullptr ? "(none)" : kind),
                "Set TERM, for example TERM=xterm, or send the output through `| cat`.");
  }
  return screen;
}

}  // namespace

TerminalTop::TerminalTop() : screen_(open_screen()) {
  cbreak();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, true);
  nodelay(stdscr, true);
}

TerminalTop::~TerminalTop() {
  endwin();
  delscreen(screen_);
}

void TerminalTop::show(const std::vector<std::string>& lines) {
  follow_size();
  werase(stdscr);
  const bool utf8 = terminal_speaks_utf8();
  const std::size_t shown = std::min(lines.size(), height());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string line = utf8 ? lines[i] : ascii_only(lines[i]);
    mvwaddnstr(stdscr, static_cast<int>(i), 0, line.c_str(), -1);
  }
  wrefresh(stdscr);
}

std::optional<int> TerminalTop::read_key() {
  follow_size();
  if (resized_) {
    resized_ = false;
    return kResized;
  }
  const int key = wgetch(stdscr);
  if (key == KEY_RESIZE) {
    return kResized;
  }
  return key == ERR ? std::nullopt : std::optional(key);
}

int TerminalTop::input_fd() { return STDIN_FILENO; }

std::size_t TerminalTop::width() { return static_cast<std::size_t>(getmaxx(stdscr)); }

std::size_t TerminalTop::height() { return static_cast<std::size_t>(getmaxy(stdscr)); }

// Asks the terminal itself, since SIGWINCH may be blocked.
void TerminalTop::follow_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return;
  }
  if (size.ws_row != height() || size.ws_col != width()) {
    resizeterm(size.ws_row, size.ws_col);
    resized_ = true;
  }
}

}  // namespace tmbpf
