// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/frame_text.h"

#include <fmt/format.h>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool fits_a_line(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool surrogate = c >= 0xd800 && c < 0xe000;
  return !control && !separator && !surrogate;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    append_code_point(result, fits_a_line(c) ? c : kReplacement);
  }
  return result;
}

std::string frame_text(const Frame& frame, const TracebackTable& table) {
  const std::string place =
      fmt::format("{}:{}", one_line(table.string(frame.filename)), frame.lineno);
  return frame.function == kEmptyString
             ? place
             : fmt::format("{} ({})", one_line(table.string(frame.function)), place);
}

}  // namespace tmbpf
