// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tmbpf {

// What a clear() has forgotten.
struct TakenTraces {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};

}  // namespace tmbpf
