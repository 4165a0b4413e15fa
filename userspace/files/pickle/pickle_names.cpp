// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_names.h"

#include <algorithm>

namespace tmbpf {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 0xfU];
  }
  return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = kDigits.find(hex[i]);
    const std::size_t low = kDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string encoded_name(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    if (is_plain(c)) {
      encoded += c;
    } else {
      encoded += '%' + to_hex({&c, 1});
    }
  }
  return encoded;
}

std::optional<std::string> decoded_name(std::string_view encoded) {
  std::string name;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      name += encoded[i];
      continue;
    }
    const auto byte = from_hex(encoded.substr(i + 1, 2));
    if (!byte || byte->empty()) {
      return std::nullopt;
    }
    name += *byte;
    i += 2;
  }
  return encoded_name(name) == encoded ? std::optional(name) : std::nullopt;
}

}  // namespace tmbpf
