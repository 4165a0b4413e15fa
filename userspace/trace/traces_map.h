// SPDX-License-Identifier: Apache-2.0
// The live blocks as the BPF programs keep them, read in batches.
#pragma once

#include <cstdint>
#include <vector>

#include "bpf/tmbpf.h"

namespace tmbpf {

struct LiveBlock {
  std::uint64_t address = 0;
  std::uint16_t domain = 0;  // its slot: 0 for tracemalloc's domain 0, else 1 + index
  tmbpf_trace trace{};
};

// Every block that is live from the call's begin to its end is there exactly once; one that comes
// or goes meanwhile may or may not be. Throws Error when the map cannot be read.
std::vector<LiveBlock> read_traces(int map_fd);

// Whether the address has a trace in domain 0 now.
bool has_trace(int map_fd, std::uint64_t address);

}  // namespace tmbpf
