// SPDX-License-Identifier: Apache-2.0
#include "util/format_size.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace tmbpf {
namespace {

constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};

}  // namespace

std::string format_size(double bytes, bool sign) {
  double size = bytes;
  for (std::size_t i = 0;; ++i) {
    const bool last = i + 1 == kUnits.size();
    if (std::fabs(size) < 100 && i > 0) {
      return sign ? fmt::format("{:+.1f} {}", size, kUnits[i])
                  : fmt::format("{:.1f} {}", size, kUnits[i]);
    }
    if (std::fabs(size) < 10 * 1024 || last) {
      return sign ? fmt::format("{:+.0f} {}", size, kUnits[i])
                  : fmt::format("{:.0f} {}", size, kUnits[i]);
    }
    size /= 1024;
  }
}

}  // namespace tmbpf
