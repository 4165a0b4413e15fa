// SPDX-License-Identifier: Apache-2.0
// One live block of memory. Kept small: a snapshot holds millions.
#pragma once

#include <cstdint>

#include "userspace/model/ids.h"

namespace tmbpf {

struct Trace {
  std::uint32_t domain = 0;  // tracemalloc's: 0 for Python's own allocators
  TracebackId traceback{0};
  std::uint64_t size = 0;     // bytes, as requested
  std::uint64_t address = 0;  // in the target; 0: not known
};
static_assert(sizeof(Trace) == 24);

}  // namespace tmbpf
