// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pprof/replicates_label.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

namespace tmbpf {

std::string format_replicates(const Replicates& replicates) {
  return fmt::format("{}", fmt::join(replicates, ","));
}

std::optional<Replicates> parse_replicates(std::string_view text) {
  Replicates replicates{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < kReplicates; ++i) {
    if (i > 0 && (at == end || *at++ != ',')) {
      return std::nullopt;
    }
    const auto [next, error] = std::from_chars(at, end, replicates[i]);
    if (error != std::errc() || !std::isfinite(replicates[i]) || std::signbit(replicates[i])) {
      return std::nullopt;
    }
    at = next;
  }
  return at == end ? std::optional(replicates) : std::nullopt;
}

}  // namespace tmbpf
