// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "symbols/python/layouts/python_3_10.h"
#include "symbols/python/layouts/python_3_11.h"
#include "symbols/python/layouts/python_3_12.h"
#include "symbols/python/layouts/python_3_13.h"
#include "symbols/python/layouts/python_3_14.h"
#include "symbols/python/layouts/python_3_15.h"
#include "symbols/python/layouts/python_3_8.h"
#include "symbols/python/layouts/python_3_9.h"

namespace tmbpf {
namespace {

struct VersionLayout {
  int minor;
  PythonLayout layout;
};

constexpr std::array kLayouts{
    VersionLayout{8, kPython38},   VersionLayout{9, kPython39},   VersionLayout{10, kPython310},
    VersionLayout{11, kPython311}, VersionLayout{12, kPython312}, VersionLayout{13, kPython313},
    VersionLayout{14, kPython314}, VersionLayout{15, kPython315},
};

// What the programs in the kernel take for granted.
constexpr bool fits(const PythonLayout& layout) {
  return layout.runtime_interpreters_head != TMBPF_NO_FIELD &&
         layout.offsets.frame_size <= TMBPF_FRAME_BYTES && layout.offsets.frame_size % 8 == 0;
}
static_assert(std::ranges::all_of(kLayouts, fits, &VersionLayout::layout));

}  // namespace

std::optional<PythonLayout> python_layout(const PythonVersion& version) {
  for (const VersionLayout& entry : kLayouts) {
    if (version.major == 3 && version.minor == entry.minor) {
      return entry.layout;
    }
  }
  return std::nullopt;
}

std::string supported_versions() {
  std::string text;
  for (const VersionLayout& entry : kLayouts) {
    text += fmt::format("{}3.{}", text.empty() ? "" : ", ", entry.minor);
  }
  return text;
}

}  // namespace tmbpf
