// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/report_text.h"

#include <fmt/format.h>

#include "userspace/view/human_text.h"

namespace tmbpf {
namespace {

// U+200E, U+200F, U+202A..U+202E, U+2066..U+2069: all are e2 80 xx or e2 81 xx.
bool changes_direction(unsigned code_point) {
  return code_point == 0x200e || code_point == 0x200f ||
         (code_point >= 0x202a && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

std::string show_directions(const std::string& utf8) {
  std::string result;
  std::size_t done = 0;
  for (std::size_t i = utf8.find('\xe2'); i != std::string::npos; i = utf8.find('\xe2', i + 1)) {
    const unsigned code_point = 0x2000U |
                                ((static_cast<unsigned char>(utf8[i + 1]) & 0x3fU) << 6U) |
                                (static_cast<unsigned char>(utf8[i + 2]) & 0x3fU);
    if (changes_direction(code_point)) {
      result.append(utf8, done, i - done).append(fmt::format("\\u{:04x}", code_point));
      done = i + 3;
    }
  }
  return result.append(utf8, done);
}

void replace_all(std::string& text, char what, std::string_view by) {
  std::string result;
  std::size_t done = 0;
  for (std::size_t i = text.find(what); i != std::string::npos; i = text.find(what, done)) {
    result.append(text, done, i - done).append(by);
    done = i + 1;
  }
  if (done != 0) {
    text = result.append(text, done);
  }
}

}  // namespace

std::string report_text(std::string_view foreign, std::size_t width) {
  return shorten_left(show_directions(printable(foreign)), width);
}

std::string escape_html(std::string_view text) {
  std::string result(text);
  replace_all(result, '&', "&amp;");
  replace_all(result, '<', "&lt;");
  replace_all(result, '>', "&gt;");
  replace_all(result, '"', "&quot;");
  return result;
}

std::string escape_script(std::string json) {
  replace_all(json, '<', "\\u003c");
  return json;
}

}  // namespace tmbpf
