// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/terminal_top.h"

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <langinfo.h>
#include <ncurses.h>
#include <sys/ioctl.h>
#include <term.h>
#undef lines
#undef columns
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string_view>

#include "userspace/model/wtf8.h"
#include "util/error.h"

namespace tmbpf {
namespace {

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

// As many characters as fit into `width` columns; what has no width is left out.
std::wstring fitting(std::string_view text, std::size_t width) {
  std::wstring result;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto character = static_cast<wchar_t>(take_code_point(text));
    const int columns = ::wcwidth(character);
    if (columns <= 0) {
      continue;
    }
    used += static_cast<std::size_t>(columns);
    if (used > width) {
      break;
    }
    result += character;
  }
  return result;
}

attr_t attributes_of(LineStyle style) {
  switch (style) {
    case LineStyle::selected:
      return A_REVERSE;
    case LineStyle::strong:
    case LineStyle::warning:
      return A_BOLD;
    case LineStyle::plain:
      break;
  }
  return A_NORMAL;
}

Key key_of_code(wint_t code) {
  switch (code) {
    case KEY_UP:
      return Key::up;
    case KEY_DOWN:
      return Key::down;
    case KEY_PPAGE:
      return Key::page_up;
    case KEY_NPAGE:
      return Key::page_down;
    case KEY_HOME:
      return Key::home;
    case KEY_END:
      return Key::end;
    case KEY_ENTER:
      return Key::enter;
    case KEY_BACKSPACE:
      return Key::backspace;
    case KEY_RESIZE:
      return Key::resized;
    default:
      return Key::other;
  }
}

Key key_of_character(wint_t character) {
  switch (character) {
    case '\r':
    case '\n':
      return Key::enter;
    case 0x08:
    case 0x7f:
      return Key::backspace;
    default:
      return tmbpf::key_of(static_cast<char32_t>(character));
  }
}

// What leaves the full screen: attributes off, the cursor shown, the keypad and the screen as they
// were.
std::string leaving_sequence() {
  std::string text;
  for (const char* name : {"sgr0", "cnorm", "rmkx", "rmcup"}) {
    const char* const sequence = tigetstr(name);
    const bool known = sequence != nullptr && reinterpret_cast<std::intptr_t>(sequence) != -1;
    text += known ? sequence : "";
  }
  return text;
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

TerminalTop::TerminalTop(const TerminalGuard* guard) : guard_(guard), screen_(open_screen()) {
  constexpr int kEscapeDelay = 100;  // milliseconds that the rest of a key may take, over ssh too
  set_escdelay(kEscapeDelay);
  cbreak();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, true);
  nodelay(stdscr, true);
  arm();
}

TerminalTop::~TerminalTop() {
  suspend();
  delscreen(screen_);
}

void TerminalTop::arm() const {
  if (guard_ != nullptr) {
    guard_->arm(leaving_sequence());
  }
}

void TerminalTop::suspend() {
  endwin();
  if (guard_ != nullptr) {
    guard_->disarm();
  }
}

void TerminalTop::resume() {
  reset_prog_mode();
  redrawwin(stdscr);
  clearok(stdscr, true);
  wrefresh(stdscr);
  curs_set(0);
  resized_ = true;  // it may have been while nobody looked
  arm();
}

void TerminalTop::show(const ScreenLines& lines) {
  follow_size();
  werase(stdscr);
  const bool utf8 = speaks_utf8();
  const std::size_t shown = std::min(lines.size(), height());
  for (std::size_t i = 0; i < shown; ++i) {
    const std::wstring text =
        fitting(utf8 ? to_wtf8(lines[i].text) : ascii_only(lines[i].text), width());
    const attr_t attributes = attributes_of(lines[i].style);
    const int row = static_cast<int>(i);
    wattrset(stdscr, static_cast<int>(attributes));
    mvwaddnwstr(stdscr, row, 0, text.c_str(), -1);
    if (lines[i].style == LineStyle::selected) {
      mvwchgat(stdscr, row, 0, -1, attributes, 0, nullptr);  // the whole row
    }
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

std::optional<Key> TerminalTop::read_key() {
  follow_size();
  if (resized_) {
    resized_ = false;
    return Key::resized;
  }
  wint_t code = 0;
  switch (wget_wch(stdscr, &code)) {
    case KEY_CODE_YES:
      return key_of_code(code);
    case OK:
      if (code == static_cast<wint_t>(Key::redraw)) {
        clearok(stdscr, true);
      }
      return key_of_character(code);
    default:
      return std::nullopt;
  }
}

bool TerminalTop::speaks_utf8() { return std::string_view(nl_langinfo(CODESET)) == "UTF-8"; }

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
