// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/wtf8.h"

#include <algorithm>

namespace tmbpf {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

std::size_t length_by_lead(unsigned lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xc2 || lead > 0xf4) {  // continuation bytes, overlong forms, beyond U+10FFFF
    return 0;
  }
  if (lead < 0xe0) {
    return 2;
  }
  return lead < 0xf0 ? 3 : 4;
}

// The second byte rules out what the lead byte cannot: overlong forms and > U+10FFFF.
bool second_byte_fits(unsigned lead, unsigned second) {
  const unsigned lowest = lead == 0xe0 ? 0xa0 : (lead == 0xf0 ? 0x90 : 0x80);
  const unsigned highest = lead == 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest;
}

}  // namespace

std::size_t wtf8_sequence_length(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const std::size_t length = length_by_lead(byte_at(text, 0));
  if (length <= 1) {
    return length;
  }
  if (length > text.size() || !second_byte_fits(byte_at(text, 0), byte_at(text, 1))) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80) {
      return 0;
    }
  }
  return length;
}

bool is_wtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = wtf8_sequence_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::string to_wtf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = wtf8_sequence_length(bytes);
    if (length == 0) {
      append_code_point(result, 0xdc00U + byte_at(bytes, 0));
    } else {
      result += bytes.substr(0, length);
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

char32_t take_code_point(std::string_view& text) {
  const std::size_t length = std::max<std::size_t>(wtf8_sequence_length(text), 1);
  const unsigned lead = byte_at(text, 0);
  char32_t code_point = length == 1 ? lead : lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    code_point = (code_point << 6U) | (byte_at(text, i) & 0x3fU);
  }
  text.remove_prefix(length);
  return code_point;
}

void append_code_point(std::string& text, char32_t code_point) {
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
    return;
  }
  const unsigned more = code_point < 0x800 ? 1 : (code_point < 0x10000 ? 2 : 3);
  text += static_cast<char>((0xff00U >> (more + 1)) | (code_point >> (6 * more)));
  for (unsigned left = more; left > 0; --left) {
    text += static_cast<char>(0x80U | ((code_point >> (6 * (left - 1))) & 0x3fU));
  }
}

}  // namespace tmbpf
