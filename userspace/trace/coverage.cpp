// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/coverage.h"

namespace tmbpf {
Coverage measure_coverage(const ProcessMemory& memory, const tmbpf_python& python,
                          const BlockSet& baseline,
                          const std::function<std::vector<LiveBlock>()>& read_live) {
  const PymallocHeap first = read_pymalloc_heap(memory, python);
  const std::vector<LiveBlock> live = read_live();
  const PymallocHeap second = read_pymalloc_heap(memory, python);
  Coverage coverage{.unsettled_pools = first.unsettled_pools + second.unsettled_pools};
  BlockSet traced;
  for (const LiveBlock& block : live) {
    if (second.blocks.contains(block.address)) {
      traced.insert(block.address);
      ++coverage.attributed;
    } else if (!first.blocks.contains(block.address) && second.in_arena(block.address)) {
      ++coverage.extra;
    }
  }
  second.blocks.for_each([&](std::uint64_t block) {
    if (traced.contains(block)) {
      return;
    }
    if (baseline.contains(block)) {
      ++coverage.before;
    } else if (first.blocks.contains(block)) {
      ++coverage.missing;
    }
  });
  return coverage;
}

}  // namespace tmbpf
