// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_version.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tmbpf {
namespace {

// Include/patchlevel.h: PY_VERSION_HEX is major, minor, micro, release level and serial.
std::optional<PythonVersion> from_hex_symbol(const ElfImage& image) {
  const auto vaddr = image.symbol("Py_Version");
  if (!vaddr) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto bytes = image.bytes_at(*vaddr, sizeof(value));
  if (bytes.size() != sizeof(value)) {
    return std::nullopt;
  }
  std::memcpy(&value, bytes.data(), sizeof(value));
  return PythonVersion{static_cast<int>(value >> 24 & 0xff), static_cast<int>(value >> 16 & 0xff),
                       static_cast<int>(value >> 8 & 0xff)};
}

// Parses "3.10.13" at the front of `text`, which must end there.
std::optional<PythonVersion> parse_version(std::string_view text) {
  PythonVersion version;
  int* const parts[] = {&version.major, &version.minor, &version.micro};
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.') {
        return std::nullopt;
      }
      text.remove_prefix(1);
    }
    std::size_t digits = 0;
    while (digits < text.size() && digits < 3 &&
           std::isdigit(static_cast<unsigned char>(text[digits]))) {
      *parts[i] = *parts[i] * 10 + (text[digits] - '0');
      ++digits;
    }
    if (digits == 0) {
      return std::nullopt;
    }
    text.remove_prefix(digits);
  }
  const bool ends = text.empty() || text.front() == '\0' || text.front() == '+' ||
                    text.front() == 'a' || text.front() == 'b' || text.front() == 'r';
  return ends && version.major == 3 ? std::optional(version) : std::nullopt;
}

std::optional<PythonVersion> from_version_string(const ElfImage& image) {
  for (const ElfSection& section : image.sections()) {
    if (section.name != ".rodata") {
      continue;
    }
    const auto bytes = image.bytes_at(section.vaddr, section.size);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (std::size_t at = text.find("\0003.", 0, 3); at != std::string_view::npos;
         at = text.find("\0003.", at + 1, 3)) {
      if (const auto version = parse_version(text.substr(at + 1, 16))) {
        return version;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::string PythonVersion::text() const { return fmt::format("{}.{}.{}", major, minor, micro); }

bool holds_python(const ElfImage& image) {
  return image.symbol("_PyRuntime").has_value() || image.symbol("Py_GetVersion").has_value();
}

std::optional<PythonVersion> python_version(const ElfImage& image) {
  if (auto version = from_hex_symbol(image)) {
    return version;
  }
  return from_version_string(image);
}

}  // namespace tmbpf
