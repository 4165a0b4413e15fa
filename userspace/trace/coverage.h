// SPDX-License-Identifier: Apache-2.0
// How much of what the heap holds since the attach is attributed: checked against the heap itself.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"
#include "userspace/trace/traces_map.h"

namespace tmbpf {

struct Coverage {
  std::size_t attributed = 0;  // live pymalloc blocks that have a trace
  std::size_t missing = 0;     // live, not there at the attach, no trace
  std::size_t extra = 0;       // a trace, in an arena, but not live
  std::size_t before = 0;      // live, from before the attach
  std::size_t unsettled_pools = 0;
  [[nodiscard]] double share() const {  // of the live blocks since the attach, 0..1
    const std::size_t all = attributed + missing;
    return all == 0 ? 1.0 : static_cast<double>(attributed) / static_cast<double>(all);
  }
};

// The recorded blocks, as the coverage asks for them.
struct RecordedBlocks {
  std::function<std::vector<LiveBlock>()> read_all;
  std::function<bool(std::uint64_t)> contains;
};

// `baseline`: the blocks that were live when the last probe was attached. The traces are read
// between two readings of the heap, and only what both agree on is judged. In a running target an
// address may be free and taken again at just those moments, so what seems missing or extra is
// looked at again several times and must stay so. With the target paused the result is exact.
Coverage measure_coverage(const ProcessMemory& memory, const tmbpf_python& python,
                          const BlockSet& baseline, const RecordedBlocks& recorded);

}  // namespace tmbpf
