// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/sizes_label.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace tmbpf {

std::string format_sizes(std::span<const Trace> traces) {
  std::string text;
  for (std::size_t first = 0; first < traces.size();) {
    double count = 0;
    std::size_t next = first;
    for (; next < traces.size() && traces[next].size == traces[first].size; ++next) {
      count += traces[next].weight;
    }
    fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : " ", traces[first].size);
    if (count != 1) {
      fmt::format_to(std::back_inserter(text), "*{:.0f}", count);
    }
    first = next;
  }
  return text;
}

std::optional<std::vector<std::pair<std::uint64_t, double>>> parse_sizes(std::string_view text) {
  std::vector<std::pair<std::uint64_t, double>> sizes;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    auto& [size, count] = sizes.emplace_back(0, 1);
    auto result = std::from_chars(at, end, size);
    if (result.ec == std::errc() && result.ptr < end && *result.ptr == '*') {
      result = std::from_chars(result.ptr + 1, end, count);
    }
    if (result.ec != std::errc() || !(count >= 1) || count != std::floor(count) ||
        !std::isfinite(count)) {
      return std::nullopt;
    }
    if (result.ptr == end) {
      return sizes;
    }
    if (*result.ptr != ' ') {
      return std::nullopt;
    }
    at = result.ptr + 1;
  }
}

}  // namespace tmbpf
