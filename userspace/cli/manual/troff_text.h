// SPDX-License-Identifier: Apache-2.0
// Text in the language of man pages (groff_man(7)).
#pragma once

#include <string>
#include <string_view>

namespace tmbpf {

// One line of prose: what troff would take as a request or change on the way to the terminal is
// escaped; a dash at the begin of a word is an option's, others are hyphens. Line ends become
// spaces.
std::string troff_prose(std::string_view text);

// Breaks a line of prose at spaces, as long lines of input are bad style; troff fills them again.
std::string troff_wrapped(std::string_view prose);

// What the user types, as it is: every dash is one.
std::string troff_literal(std::string_view text);

std::string troff_bold(std::string_view text);    // of a literal
std::string troff_italic(std::string_view text);  // of a literal

}  // namespace tmbpf
