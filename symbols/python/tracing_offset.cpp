// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/tracing_offset.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>
#include <vector>

namespace tmbpf {
namespace {

// Both numbers are a few thousand. Above the limit are what 4 bytes that begin too early give.
constexpr std::int64_t kLeast = 0x200;
constexpr std::int64_t kLimit = 0x10000;

constexpr std::uint32_t kInt = 4;  // bytes
constexpr std::uint32_t kPointer = 8;

// Offsets from _PyRuntime that the function's instructions can name: as an address, relative to the
// next instruction, or added to a register that holds _PyRuntime. Every 4 bytes are tried.
std::set<std::uint32_t> runtime_offsets(const ElfImage& image, std::string_view function,
                                        std::uint32_t alignment) {
  std::set<std::uint32_t> offsets;
  const auto start = image.symbol(function);
  const auto runtime = image.symbol("_PyRuntime");
  if (!start || !runtime) {
    return offsets;
  }
  const FunctionRange range = image.function_at(*start);
  const auto code = image.bytes_at(range.start, range.end - range.start);
  const auto base = static_cast<std::int64_t>(*runtime);
  std::int32_t number = 0;
  for (std::size_t i = 0; i + sizeof(number) <= code.size(); ++i) {
    std::memcpy(&number, code.subspan(i, sizeof(number)).data(), sizeof(number));
    const auto next = static_cast<std::int64_t>(*start + i + sizeof(number));
    for (const std::int64_t offset : {std::int64_t{number}, number - base, next + number - base}) {
      if (offset >= kLeast && offset < kLimit && offset % alignment == 0) {
        offsets.insert(static_cast<std::uint32_t>(offset));
      }
    }
  }
  return offsets;
}

std::optional<std::uint32_t> only(const std::vector<std::uint32_t>& found) {
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> tracing_offset(const ElfImage& image, const PythonVersion& version) {
  std::vector<std::uint32_t> found;
  if (version.minor == 12) {
    for (const auto max_nframe : runtime_offsets(image, "_PyTraceMalloc_GetTracebackLimit", kInt)) {
      found.push_back(max_nframe - kInt);
    }
  } else if (version.minor >= 13) {
    const auto offsets = runtime_offsets(image, "PyRefTracer_GetTracer", kPointer);
    for (const auto tracer_func : offsets) {
      if (offsets.contains(tracer_func + kPointer)) {
        found.push_back(tracer_func);
      }
    }
  }
  return only(found);
}

}  // namespace tmbpf
