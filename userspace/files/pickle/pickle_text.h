// SPDX-License-Identifier: Apache-2.0
// The texts in which pickles of the protocols 0 and 1 keep numbers and strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tmbpf {

// Longest decimal number that is read; CPython itself limits such conversions to 4300 digits.
inline constexpr std::size_t kMostDigits = 1000;

// Decimal digits with an optional sign -> two's complement, little-endian. Nothing for any other
// text or more than kMostDigits.
std::optional<std::string> parse_integer(std::string_view digits);

// As Python's repr() writes a float, with "inf", "-inf" and "nan".
std::optional<double> parse_real(std::string_view text);

// As Python 2's repr() writes a str, with its quotes -> the bytes. Nothing when it is not.
std::optional<std::string> parse_string(std::string_view literal);

// "raw-unicode-escape": Latin-1 with \uXXXX and \UXXXXXXXX -> WTF-8. Nothing for a broken escape.
std::optional<std::string> parse_unicode(std::string_view text);

}  // namespace tmbpf
