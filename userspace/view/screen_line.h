// SPDX-License-Identifier: Apache-2.0
// A line of the full-screen view.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tmbpf {

enum class LineStyle : std::uint8_t { plain, strong, selected, warning };

struct ScreenLine {
  std::string text;  // without control characters (see printable())
  LineStyle style = LineStyle::plain;
};

using ScreenLines = std::vector<ScreenLine>;

}  // namespace tmbpf
