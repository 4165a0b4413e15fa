// SPDX-License-Identifier: Apache-2.0
// The live blocks as the BPF programs keep them: pymalloc's in chunks, the others in a hash map.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpf/tmbpf.h"
#include "userspace/trace/chunks_map.h"
#include "userspace/trace/stack_sums.h"
#include "userspace/trace/taken_traces.h"

namespace tmbpf {

struct LiveBlock {
  std::uint64_t address = 0;
  std::uint16_t domain = 0;  // its slot: 0 for tracemalloc's domain 0, else 1 + index
  tmbpf_trace trace{};
};

// Of any thread. Throws Error when a map cannot be read.
class TracesMap {
 public:
  // Both outlive it.
  TracesMap(int map_fd, ChunksMap& chunks) : map_fd_(map_fd), chunks_(chunks) {}

  // Every block that is live from the call's begin to its end is there exactly once; one that comes
  // or goes meanwhile may or may not be.
  [[nodiscard]] std::vector<LiveBlock> read() const;

  // Whether the address has a trace in domain 0 now.
  [[nodiscard]] bool contains(std::uint64_t address) const;

  // The block of domain 0 or, without one, of any other that holds the address, at its beginning or
  // within: an object lies behind its garbage collector's header and what else precedes it. Nothing
  // when no such block is traced. Reads every trace of the hash map when it is not a small one.
  [[nodiscard]] std::optional<LiveBlock> find(std::uint64_t address) const;

  // Takes out every trace that is there when the call begins, also of the sums.
  TakenTraces take_all(StackSums& sums);
  // Takes out those in chunks.
  std::vector<LiveBlock> take_small(StackSums& sums);
  // Takes out those of tracemalloc's domain 0 that are not in chunks.
  std::vector<LiveBlock> take_raw(StackSums& sums) const;

 private:
  [[nodiscard]] std::optional<LiveBlock> at(std::uint64_t address) const;
  [[nodiscard]] std::optional<LiveBlock> find_small(std::uint64_t address) const;

  int map_fd_;
  ChunksMap& chunks_;
};

}  // namespace tmbpf
