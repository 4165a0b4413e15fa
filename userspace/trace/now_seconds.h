// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace tmbpf {

// Unix seconds.
inline double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace tmbpf
