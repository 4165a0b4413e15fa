// SPDX-License-Identifier: Apache-2.0
// The live blocks as the BPF programs keep them, read in batches.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpf/tmbpf.h"
#include "userspace/trace/stack_sums.h"
#include "userspace/trace/taken_traces.h"

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

// The block of domain 0 or, without one, of any other that holds the address, at its beginning or
// within: an object lies behind its garbage collector's header and what else precedes it. Nothing
// when no such block is traced. Reads every trace when it is not a small one.
std::optional<LiveBlock> find_block(int map_fd, std::uint64_t address);

// Takes out every trace that is there when the call begins, also of the sums. Throws Error when it
// cannot.
TakenTraces take_all_traces(int map_fd, StackSums& sums);

}  // namespace tmbpf
