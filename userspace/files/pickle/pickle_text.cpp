// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace tmbpf {
namespace {

constexpr std::uint32_t kLastCodePoint = 0x10ffff;
constexpr std::string_view kEscapes = "abfnrtv\\'\"";
constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";

// Removes it from the front of `text`; nothing when there are not `digits` digits.
std::optional<std::uint32_t> take_number(std::string_view& text, std::size_t digits, int base) {
  std::uint32_t value = 0;
  const std::string_view number = text.substr(0, digits);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, base);
  if (error != std::errc() || number.size() != digits || end != number.data() + digits) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

void append_code_point(std::string& text, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((code >> shift) & 0x3fU));
  };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t octal_digits(std::string_view text) {
  const auto digits = text.substr(0, 3).find_first_not_of("01234567");
  return std::min({digits, text.size(), std::size_t{3}});
}

// What follows a backslash in a str literal.
std::optional<std::string> take_escape(std::string_view& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (const std::size_t octal = octal_digits(text); octal != 0) {
    return std::string(1, static_cast<char>(*take_number(text, octal, 8) & 0xffU));
  }
  const char name = text.front();
  text.remove_prefix(1);
  if (name == 'x') {
    const auto byte = take_number(text, 2, 16);
    return byte ? std::optional(std::string(1, static_cast<char>(*byte))) : std::nullopt;
  }
  const std::size_t known = kEscapes.find(name);
  // Python keeps the backslash before any other character.
  return known == std::string_view::npos ? std::string("\\") + name
                                         : std::string(1, kMeanings[known]);
}

void negate(std::string& bytes) {
  unsigned carry = 1;
  for (char& c : bytes) {
    const unsigned sum = (~static_cast<unsigned>(static_cast<unsigned char>(c)) & 0xffU) + carry;
    c = static_cast<char>(sum & 0xffU);
    carry = sum >> 8U;
  }
}

}  // namespace

std::optional<std::string> parse_integer(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  digits.remove_prefix(negative || digits.starts_with('+') ? 1 : 0);
  if (digits.empty() || digits.size() > kMostDigits) {
    return std::nullopt;
  }
  std::string bytes(1, '\0');
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    auto carry = static_cast<unsigned>(digit - '0');
    for (char& c : bytes) {
      carry += static_cast<unsigned char>(c) * 10U;
      c = static_cast<char>(carry & 0xffU);
      carry >>= 8U;
    }
    if (carry != 0) {
      bytes += static_cast<char>(carry);
    }
  }
  bytes += '\0';  // room for the sign
  if (negative) {
    negate(bytes);
  }
  return bytes;
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::optional<std::string> parse_string(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back() ||
      (literal.front() != '\'' && literal.front() != '"')) {
    return std::nullopt;
  }
  literal = literal.substr(1, literal.size() - 2);
  std::string result;
  while (!literal.empty()) {
    const std::size_t plain = std::min(literal.find('\\'), literal.size());
    result += literal.substr(0, plain);
    literal.remove_prefix(plain);
    if (!literal.empty()) {
      literal.remove_prefix(1);
      const auto meaning = take_escape(literal);
      if (!meaning) {
        return std::nullopt;
      }
      result += *meaning;
    }
  }
  return result;
}

std::optional<std::string> parse_unicode(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const bool escape = text.size() > 1 && text[0] == '\\' && (text[1] == 'u' || text[1] == 'U');
    if (!escape) {
      // An even number of backslashes before a 'u' stands for itself.
      const std::size_t length = text.starts_with("\\\\") ? 2 : 1;
      for (const char c : text.substr(0, length)) {
        append_code_point(result, static_cast<unsigned char>(c));
      }
      text.remove_prefix(length);
      continue;
    }
    const std::size_t digits = text[1] == 'u' ? 4 : 8;
    text.remove_prefix(2);
    const auto code = take_number(text, digits, 16);
    if (!code || *code > kLastCodePoint) {
      return std::nullopt;
    }
    append_code_point(result, *code);
  }
  return result;
}

}  // namespace tmbpf
