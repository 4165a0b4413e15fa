// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/code_object.h"

#include <algorithm>
#include <cstring>

namespace tmbpf {
namespace {

constexpr std::uint32_t kLastCharacter = 0x10ffff;
constexpr std::uint32_t kReplacement = 0xfffd;

void append_utf8(std::string& text, std::uint32_t c) {
  const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

}  // namespace

std::uint32_t CodeObject::line(int offset) const {
  const int line = line_of(format, linetable, firstlineno, offset, complete).value_or(0);
  return line > 0 ? static_cast<std::uint32_t>(line) : 0;
}

std::string decode_text(const tmbpf_text& text) {
  std::string decoded;
  const std::size_t width = text.char_size;
  if (width != 1 && width != 2 && width != 4) {
    return decoded;
  }
  const std::size_t kept = std::min<std::size_t>(text.kept, sizeof(text.bytes));
  for (std::size_t at = 0; at + width <= kept; at += width) {
    std::uint32_t c = 0;
    std::memcpy(&c, text.bytes + at, width);  // little endian: the low bytes come first
    append_utf8(decoded, c <= kLastCharacter ? c : kReplacement);
  }
  return decoded;
}

}  // namespace tmbpf
