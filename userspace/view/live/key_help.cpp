// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/live/key_help.h"

#include <array>
#include <string_view>

#include "userspace/view/human_text.h"

namespace tmbpf {
namespace {

struct KeyRow {
  std::string_view keys;  // empty: `words` go on
  std::string_view words;
};

constexpr std::array kRows{
    KeyRow{"Up Down PgUp PgDn", "move; Home and End, too"},
    KeyRow{"Enter", "the tracebacks of a group, with source lines"},
    KeyRow{"Esc Backspace", "back; in the list Esc clears the filter"},
    KeyRow{"/", "filter while you type; Enter keeps it, Esc clears it:"},
    KeyRow{"", "parts of file names, patterns (* ? [a-z]), NAME:LINE,"},
    KeyRow{"", "one of which has to fit; !word excludes"},
    KeyRow{"l f u t, g", "by line, file, function, traceback; the next of them"},
    KeyRow{"C", "cumulative: at every frame; each block once; off"},
    KeyRow{"1 2 3 4 5, o", "sort by size, count, average, difference in size,"},
    KeyRow{"", "in count; the next of them"},
    KeyRow{"c", "compare with the refresh before; off"},
    KeyRow{"b", "compare with a baseline: what is there now"},
    KeyRow{"space", "pause; go on"},
    KeyRow{"s", "write a snapshot (--output says where)"},
    KeyRow{"P Tab", "the processes; Enter shows one"},
    KeyRow{"n p", "the next, the previous process"},
    KeyRow{"m", "memory over time: show, hide"},
    KeyRow{"i", "all about the process: totals, coverage, notes"},
    KeyRow{"r", "refresh now; Ctrl-L draws all again"},
    KeyRow{"? h", "this help"},
    KeyRow{"q", "end; Ctrl-C, too; Ctrl-Z suspends"},
};

constexpr std::array kShort{std::string_view("q quit"),       std::string_view("? help"),
                            std::string_view("Enter open"),   std::string_view("/ filter"),
                            std::string_view("c compare"),    std::string_view("1-5 sort"),
                            std::string_view("l f u t by"),   std::string_view("space pause"),
                            std::string_view("s snapshot"),   std::string_view("b baseline"),
                            std::string_view("C cumulative"), std::string_view("P processes"),
                            std::string_view("i info"),       std::string_view("m memory")};

}  // namespace

ScreenLines key_help() {
  constexpr std::size_t kKeys = 19;
  ScreenLines lines{{"Keys", LineStyle::strong}};
  for (const KeyRow& row : kRows) {
    lines.push_back({"  " + pad_right(row.keys, kKeys) + std::string(row.words)});
  }
  return lines;
}

std::string key_line(std::size_t width) {
  std::string line;
  for (const std::string_view key : kShort) {
    if (text_width(line) + 2 + key.size() > width) {
      break;
    }
    line += line.empty() ? "" : "  ";
    line += key;
  }
  return line;
}

}  // namespace tmbpf
