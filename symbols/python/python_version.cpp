// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

namespace tmbpf {
namespace {

constexpr int kAlpha = 0xa;
constexpr int kBeta = 0xb;
constexpr int kCandidate = 0xc;
constexpr int kFinal = 0xf;

constexpr std::size_t kLongest = 16;        // bytes of "3.100.100rc100+" and its NUL
constexpr std::size_t kFunctionBytes = 96;  // Py_GetVersion has about 60

PythonVersion from_hex(std::uint64_t hex) {
  const auto bits = [hex](int shift, std::uint64_t mask) {
    return static_cast<int>(hex >> shift & mask);
  };
  return {bits(24, 0xff), bits(16, 0xff), bits(8, 0xff), bits(4, 0xf), bits(0, 0xf)};
}

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
  return from_hex(value);
}

// Takes a number of at most three digits off the front of `text`.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const char* end = text.data() + std::min<std::size_t>(text.size(), 3);
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view what) {
  const bool found = text.starts_with(what);
  text.remove_prefix(found ? what.size() : 0);
  return found;
}

// What follows "3.8.0" in "3.8.0rc1+": the release level; false when it is nothing of that kind.
bool take_level(std::string_view& text, PythonVersion& version) {
  version.level = take(text, "a")    ? kAlpha
                  : take(text, "b")  ? kBeta
                  : take(text, "rc") ? kCandidate
                                     : kFinal;
  if (version.level != kFinal) {
    const auto serial = take_number(text);
    version.serial = serial.value_or(0);
    return serial.has_value();
  }
  return true;
}

// PY_VERSION: "3.10.13", "3.8.0rc1", "3.9.2+", and no more up to the NUL.
std::optional<PythonVersion> parse_version(std::string_view text) {
  if (!take(text, "3.")) {
    return std::nullopt;
  }
  const auto minor = take_number(text);
  if (!minor || !take(text, ".")) {
    return std::nullopt;
  }
  const auto micro = take_number(text);
  PythonVersion version{3, *minor, micro.value_or(0)};
  if (!micro || !take_level(text, version)) {
    return std::nullopt;
  }
  take(text, "+");
  return text.starts_with('\0') ? std::optional(version) : std::nullopt;
}

std::optional<PythonVersion> version_at(const ElfImage& image, std::uint64_t vaddr) {
  const auto bytes = image.bytes_at(vaddr, kLongest);
  return parse_version({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Py_GetVersion passes PY_VERSION on by its address, absolute or relative to the next instruction.
// Every 4 bytes of the function are tried as such: what they point to must be a version and nothing
// else, and that is rare enough. A search of the read-only data is no use: it holds other versions
// (of zlib, of Unicode), and the linker may have made ours the tail of a path.
std::optional<PythonVersion> from_version_string(const ElfImage& image) {
  const auto vaddr = image.symbol("Py_GetVersion");
  if (!vaddr) {
    return std::nullopt;
  }
  const auto code = image.bytes_at(*vaddr, kFunctionBytes);
  std::int32_t number = 0;
  for (std::size_t i = 0; i + sizeof(number) <= code.size(); ++i) {
    std::memcpy(&number, code.subspan(i, sizeof(number)).data(), sizeof(number));
    const auto offset = static_cast<std::uint64_t>(std::int64_t{number});
    for (const std::uint64_t address : {offset, *vaddr + i + sizeof(number) + offset}) {
      if (const auto version = version_at(image, address)) {
        return version;
      }
    }
  }
  return std::nullopt;
}

// Exported only by builds of the kind. Sources: Objects/object.c (Py_REF_DEBUG and Py_GIL_DISABLED;
// both are called by macros and inline functions of the public headers), Include/modsupport.h.
struct BuildSign {
  const char* symbol;
  const char* build;
  const char* word;
};
constexpr std::array kBuildSigns{
    BuildSign{"_Py_MergeZeroLocalRefcount", "a free-threaded build", "free-threaded"},
    BuildSign{"PyModule_Create2TraceRefs", "a build with --with-trace-refs", "trace-refs"},
    BuildSign{"_Py_NegativeRefcount", "a debug build", "debug"},
};

}  // namespace

std::string PythonVersion::text() const {
  std::string numbers = fmt::format("{}.{}.{}", major, minor, micro);
  switch (level) {
    case kAlpha:
      return fmt::format("{}a{}", numbers, serial);
    case kBeta:
      return fmt::format("{}b{}", numbers, serial);
    case kCandidate:
      return fmt::format("{}rc{}", numbers, serial);
    default:
      return numbers;
  }
}

std::uint64_t PythonVersion::hex() const {
  return static_cast<std::uint64_t>(major) << 24 | static_cast<std::uint64_t>(minor) << 16 |
         static_cast<std::uint64_t>(micro) << 8 | static_cast<std::uint64_t>(level) << 4 |
         static_cast<std::uint64_t>(serial);
}

bool holds_python(const ElfImage& image) {
  return image.symbol("_PyRuntime").has_value() || image.symbol("Py_GetVersion").has_value();
}

std::optional<PythonVersion> python_version(const ElfImage& image) {
  if (auto version = from_hex_symbol(image)) {
    return version;
  }
  return from_version_string(image);
}

std::optional<std::string> unsupported_build(const ElfImage& image) {
  const auto* sign = std::find_if(
      kBuildSigns.begin(), kBuildSigns.end(),
      [&image](const BuildSign& each) { return image.symbol(each.symbol).has_value(); });
  return sign == kBuildSigns.end() ? std::nullopt : std::optional<std::string>(sign->build);
}

std::string special_build(const ElfImage& image) {
  std::string words;
  for (const BuildSign& sign : kBuildSigns) {
    if (image.symbol(sign.symbol)) {
      words += (words.empty() ? "" : " ") + std::string(sign.word);
    }
  }
  return words;
}

}  // namespace tmbpf
