// SPDX-License-Identifier: Apache-2.0
// WTF-8: UTF-8 that may also hold lone surrogates, as three bytes each. It holds every Python
// str, and is what Python reads and writes as ("utf-8", "surrogatepass"). Comparing the bytes
// of two WTF-8 texts gives the order of their code points, hence Python's order of strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tmbpf {

// Bytes of the sequence that `text` begins with; 0 when it begins with none (or is empty).
std::size_t wtf8_sequence_length(std::string_view text);

bool is_wtf8(std::string_view text);

// Valid WTF-8 comes back unchanged; each byte 0xNN that is none becomes U+DCNN, as Python's
// os.fsdecode ("surrogateescape") does.
std::string to_wtf8(std::string_view bytes);

// Takes the first code point off `text`, which must be WTF-8 and not empty.
char32_t take_code_point(std::string_view& text);

// Appends a code point up to U+10FFFF; a surrogate as its three bytes.
void append_code_point(std::string& text, char32_t code_point);

}  // namespace tmbpf
