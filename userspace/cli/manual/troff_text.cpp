// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/manual/troff_text.h"

#include <algorithm>

namespace tmbpf {
namespace {

bool begins_word(std::string_view text, std::size_t position) {
  return position == 0 ||
         std::string_view(" (`\"-").find(text[position - 1]) != std::string_view::npos;
}

std::string escape(std::string_view text, bool literal) {
  // A dot or an apostrophe that begins a line would make it a request.
  std::string escaped = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '\\':
        escaped += "\\e";
        break;
      case '-':
        escaped += literal || begins_word(text, i) ? "\\-" : "-";
        break;
      case '\'':
        escaped += "\\(aq";
        break;
      case '`':
        escaped += "\\(ga";
        break;
      case '^':
        escaped += "\\(ha";
        break;
      case '~':
        escaped += "\\(ti";
        break;
      case '\n':
        escaped += ' ';
        break;
      default:
        escaped += text[i];
    }
  }
  return escaped;
}

}  // namespace

std::string troff_prose(std::string_view text) { return escape(text, false); }

std::string troff_wrapped(std::string_view prose) {
  constexpr std::size_t kWidth = 78;
  std::string text;
  std::size_t line = 0;  // where the last one begins
  while (!prose.empty()) {
    const std::size_t end = std::min(prose.find(' '), prose.size());
    const std::string_view word = prose.substr(0, end);
    if (!text.empty() && text.size() + 1 + word.size() - line > kWidth) {
      text += '\n';
      line = text.size();
      text += word.starts_with('.') ? "\\&" : "";
    } else if (!text.empty()) {
      text += ' ';
    }
    text += word;
    prose.remove_prefix(std::min(end + 1, prose.size()));
  }
  return text;
}

std::string troff_literal(std::string_view text) { return escape(text, true); }

std::string troff_bold(std::string_view text) { return "\\fB" + troff_literal(text) + "\\fR"; }

std::string troff_italic(std::string_view text) { return "\\fI" + troff_literal(text) + "\\fR"; }

}  // namespace tmbpf
