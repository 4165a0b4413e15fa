// SPDX-License-Identifier: Apache-2.0
// Foreign text on its way into the report.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmbpf {

// Valid UTF-8 that cannot disturb the text around it: printable(), and characters that change the
// direction of writing become "\u202e". Of more than `width` code points the end stays.
std::string report_text(std::string_view foreign, std::size_t width);

// For the text of an HTML element.
std::string escape_html(std::string_view text);

// JSON -> the same JSON, fit for a <script> element: without '<'. (In JSON it only occurs in
// strings. U+2028 and U+2029, which ended lines in older JavaScript, do so in ASCII JSON never.)
std::string escape_script(std::string json);

}  // namespace tmbpf
