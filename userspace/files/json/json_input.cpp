// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "userspace/model/wtf8.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kBuffer = 65536;
constexpr std::size_t kDigits = 4;                 // of an escape
constexpr std::size_t kEscape = 2 + kDigits;       // \uXXXX
constexpr std::string_view kDisguise = "\\u0000";  // before the digits
constexpr std::string_view kNul{"\0", 1};          // what the parser makes of it
constexpr std::string_view kBetween = ",:]} \t\r\n";
constexpr const char* kHint = "Expected a snapshot that tmbpf wrote as JSON.";

std::optional<std::uint16_t> code_unit(std::string_view digits) {
  std::uint16_t unit = 0;
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, unit, 16);
  return result.ec == std::errc() && result.ptr == end ? std::optional(unit) : std::nullopt;
}

bool is_high_surrogate(char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

// Takes a disguised escape off the front.
std::optional<std::uint16_t> take_disguised(std::string_view& text) {
  if (!text.starts_with(kNul) || text.size() < 1 + kDigits) {
    return std::nullopt;
  }
  const auto unit = code_unit(text.substr(1, kDigits));
  text.remove_prefix(1 + kDigits);
  return unit;
}

}  // namespace

JsonInput::JsonInput(ByteSource& source) : source_(source), buffer_(kBuffer) {}

bool JsonInput::refill() {
  buffer_begin_ += filled_;
  next_ = 0;
  filled_ = source_.read(buffer_);
  return filled_ > 0;
}

// An escape comes as a whole, so that the quote in \" ends nothing.
bool JsonInput::take_unit() {
  done_ = 0;
  size_ = 0;
  const bool ended = at_end();
  position_ = buffer_begin_ + next_;
  if (ended) {
    return false;
  }
  const char c = buffer_[next_++];
  unit_[size_++] = c;
  if (c == '\0') {
    fail(position_, "a byte 0, expected text");  // the parser would take it for the end
  }
  if (c == '\\') {
    take_escape();
  } else {
    note_token(c);
  }
  return true;
}

// What is no escape goes on as it is, for the parser to refuse.
void JsonInput::take_escape() {
  std::size_t wanted = 2;
  while (size_ < wanted && !at_end() && buffer_[next_] != '\0') {
    unit_[size_++] = buffer_[next_++];
    wanted = unit_[1] == 'u' ? kEscape : 2;
  }
  if (size_ != kEscape) {
    return;
  }
  const std::string_view digits(unit_.data() + 2, kDigits);
  const auto unit = code_unit(digits);
  if (unit && (*unit == 0 || is_high_surrogate(*unit) || is_low_surrogate(*unit))) {
    std::ranges::copy_backward(digits, unit_.begin() + kEscape + kDigits);
    std::ranges::copy(kDisguise, unit_.begin());
    size_ = kEscape + kDigits;
  }
}

void JsonInput::note_token(char c) {
  if (in_string_) {
    in_string_ = c != '"';
    return;
  }
  if (kBetween.find(c) != std::string_view::npos) {
    in_word_ = false;
    return;
  }
  if (!in_word_) {
    token_ = position_;
  }
  in_string_ = c == '"';
  in_word_ = !in_string_ && c != '[' && c != '{';
}

void JsonInput::fail(std::uint64_t offset, std::string_view what) const {
  throw Error(fmt::format("cannot read {}: byte {}: {}", source_.name(), offset, what), kHint);
}

std::string restore_escapes(std::string text) {
  if (text.find('\0') == std::string::npos) {
    return text;
  }
  std::string result;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t plain = std::min(rest.find('\0'), rest.size());
    result += rest.substr(0, plain);
    rest.remove_prefix(plain);
    while (const auto unit = take_disguised(rest)) {
      std::string_view behind = rest;
      const auto second = is_high_surrogate(*unit) ? take_disguised(behind) : std::nullopt;
      if (second && is_low_surrogate(*second)) {
        rest = behind;
        append_code_point(result, 0x10000U + ((*unit & 0x3ffU) << 10U) + (*second & 0x3ffU));
      } else {
        append_code_point(result, *unit);
      }
    }
  }
  return result;
}

}  // namespace tmbpf
