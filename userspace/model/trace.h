// SPDX-License-Identifier: Apache-2.0
// Blocks of memory that were allocated alike.
#pragma once

#include <cstdint>

#include "userspace/model/ids.h"

namespace tmbpf {

// tracemalloc's trace is (domain, size, traceback); the rest is ours. Where only some
// blocks were looked at, one trace stands for several.
struct Trace {
  std::uint32_t domain = 0;  // tracemalloc's: 0 for Python's own allocators
  TracebackId traceback{0};
  std::uint64_t size = 0;  // bytes of one block, as requested
  double weight = 1;  // blocks that it stands for: finite, above 0; no whole number: an estimate
  std::int64_t time = 0;         // of the allocation, Unix nanoseconds; 0: not known
  std::uint64_t address = 0;     // in the process; 0: not kept
  std::uint32_t replicates = 0;  // of Snapshot::replicates(), from 1 on; 0: the weight is exact

  bool operator==(const Trace&) const = default;
};

}  // namespace tmbpf
