// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/files_hostile_snapshot.h"

#include <array>
#include <string>
#include <string_view>

namespace tmbpf::test {
namespace {

using namespace std::string_view_literals;

constexpr std::array kNames{
    "=cmd|' /C calc'!A0"sv,
    "+1+1"sv,
    "-2.5"sv,
    "@SUM(A1)"sv,
    "a;b;c 12"sv,
    "line\nbreak 7\r\n"sv,
    "\ttab"sv,
    "nul\0nul"sv,
    "\"quoted\",and,comma"sv,
    "\\u0041 \\"sv,
    "</script>"sv,
    "\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xa9"sv,  // DEL, NEL, U+2028, U+2029
    "\xed\xb2\x80"sv,                          // U+DC80
    "\xed\xa0\xbd\xed\xb0\x8d"sv,              // two surrogates, not one character
    "\xed\xb0\x8d\xed\xa0\xbd\xed\xa0\xbd\xed\xb0\x8d\xed\xb0\x8d"sv,
    "\xf0\x9f\x90\x8d"sv,  // the character that they would be
    "\xed\x9f\xbf\xef\xbf\xbd\xee\x80\x80\xf4\x8f\xbf\xbf"sv,
    " "sv,
    ""sv,
};

}  // namespace

Snapshot hostile_snapshot() {
  Snapshot snapshot;
  std::string all;
  for (std::uint32_t i = 0; i < kNames.size(); ++i) {
    const StringId name = snapshot.add_string(kNames[i]);
    const StringId other = snapshot.add_string(kNames[(i + 1) % kNames.size()]);
    const std::array frames{snapshot.add_frame(name, i), snapshot.add_frame(other, 2 * i, name)};
    for (const std::uint32_t total : {2U, 3U}) {
      snapshot.add_trace(
          {.domain = i % 3, .traceback = snapshot.add_traceback(frames, total), .size = 100 + i});
    }
    all += kNames[i];
  }
  snapshot.set_metadata("command", all);
  return snapshot;
}

}  // namespace tmbpf::test
