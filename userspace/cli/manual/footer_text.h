// SPDX-License-Identifier: Apache-2.0
// The footer of a --help, taken apart.
#pragma once

#include <string>
#include <vector>

namespace tmbpf {

struct FooterLine {
  std::string term;
  std::string meaning;  // may be empty
};

// Paragraphs with an empty line between them: "Examples:" and "Files:", each with lines of a term,
// two spaces or more, and its meaning; "Exit status: N meaning; ..."; "Note: " and a text, several.
struct FooterText {
  std::vector<FooterLine> examples;
  std::vector<FooterLine> files;
  std::vector<FooterLine> exit_statuses;
  std::vector<std::string> notes;  // without line ends
};

// Throws Error for a paragraph that begins otherwise.
FooterText parse_footer(const std::string& footer);

}  // namespace tmbpf
