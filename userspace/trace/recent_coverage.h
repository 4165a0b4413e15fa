// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "userspace/model/coverage.h"

namespace tmbpf {

// A coverage as it was measured a while ago.
struct RecentCoverage {
  std::optional<Coverage> coverage;  // nothing: never measured, or the heap cannot be read
  double age = 0;                    // seconds
};

}  // namespace tmbpf
