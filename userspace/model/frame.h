// SPDX-License-Identifier: Apache-2.0
// One frame of a Python stack.
#pragma once

#include <cstdint>

#include "userspace/model/ids.h"

namespace tmbpf {

// tracemalloc's frame is (filename, lineno); `function` is ours. Two frames that differ only in
// `function` are one and the same for the groupings that tracemalloc knows.
struct Frame {
  StringId filename = kEmptyString;
  std::uint32_t lineno = 0;          // 0: not known
  StringId function = kEmptyString;  // qualified name; kEmptyString: not known

  bool operator==(const Frame&) const = default;
};

}  // namespace tmbpf
