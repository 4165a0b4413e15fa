// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/python_repr.h"

#include <fmt/format.h>
#include <unictype.h>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

// str.isprintable(): not in "Other" nor "Separator", but for the space.
bool is_printable(char32_t code_point) {
  constexpr std::uint32_t kNone = UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z;
  return code_point == ' ' || !uc_is_general_category_withtable(code_point, kNone);
}

std::string escaped(char32_t code_point) {
  const auto number = static_cast<std::uint32_t>(code_point);
  if (number <= 0xff) {
    return fmt::format("\\x{:02x}", number);
  }
  return number <= 0xffff ? fmt::format("\\u{:04x}", number) : fmt::format("\\U{:08x}", number);
}

void append(std::string& text, char32_t code_point, char quote) {
  switch (code_point) {
    case '\t':
      text += "\\t";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    default:
      break;
  }
  if (code_point == static_cast<unsigned char>(quote) || code_point == '\\') {
    text += '\\';
    text += static_cast<char>(code_point);
  } else if (is_printable(code_point)) {
    append_code_point(text, code_point);
  } else {
    text += escaped(code_point);
  }
}

}  // namespace

std::string python_repr(std::string_view text) {
  const bool single = text.find('\'') != std::string_view::npos;
  const bool plain = text.find('"') == std::string_view::npos;
  const char quote = single && plain ? '"' : '\'';
  std::string result(1, quote);
  while (!text.empty()) {
    append(result, take_code_point(text), quote);
  }
  return result + quote;
}

}  // namespace tmbpf
