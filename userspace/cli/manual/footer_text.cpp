// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/manual/footer_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::string_view kSpace = " \n";

std::string_view strip(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  const std::size_t end = text.find_last_not_of(kSpace);
  return begin == std::string_view::npos ? "" : text.substr(begin, end - begin + 1);
}

// Takes what stands before the separator off the text.
std::string_view take(std::string_view& text, std::string_view separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + separator.size(), text.size()));
  return piece;
}

std::string one_line(std::string_view text) {
  std::string line(strip(text));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::vector<FooterLine> terms(std::string_view paragraph, std::string_view end,
                              std::string_view gap) {
  std::vector<FooterLine> lines;
  while (!paragraph.empty()) {
    std::string_view line = strip(take(paragraph, end));
    const std::string_view term = take(line, gap);
    lines.push_back({.term = std::string(term), .meaning = one_line(line)});
  }
  return lines;
}

}  // namespace

FooterText parse_footer(const std::string& footer) {
  FooterText parts;
  std::string_view text = footer;
  while (!text.empty()) {
    std::string_view paragraph = strip(take(text, "\n\n"));
    const std::string_view title = take(paragraph, ":");
    if (title == "Examples") {
      parts.examples = terms(strip(paragraph), "\n", "  ");
    } else if (title == "Files") {
      parts.files = terms(strip(paragraph), "\n", "  ");
    } else if (title == "Exit status") {
      parts.exit_statuses = terms(strip(paragraph), ";", " ");
      std::string& last = parts.exit_statuses.back().meaning;
      last.erase(last.find_last_not_of('.') + 1);
    } else if (title == "Note") {
      parts.notes.push_back(one_line(paragraph));
    } else {
      throw Error(fmt::format("a footer has a paragraph \"{}\"", title),
                  "Begin it with Examples:, Files:, Note: or Exit status:.");
    }
  }
  return parts;
}

}  // namespace tmbpf
