// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/heap_growth.h"

#include <bit>
#include <span>
#include <utility>

#include "symbols/heap/pymalloc_heap.h"
#include "symbols/process/process_memory.h"
#include "userspace/trace/coverage.h"

namespace tmbpf {

void HeapGrowth::restart() { old_ = read_baseline(ProcessMemory(pid_), python_); }

void HeapGrowth::add_new(std::span<const std::uint64_t> addresses) {
  for (const std::uint64_t address : addresses) {
    old_.erase(address);
  }
}

std::optional<std::vector<std::uint64_t>> HeapGrowth::measure() {
  const PymallocHeap heap = read_pymalloc_heap(ProcessMemory(pid_), python_);
  if (!heap.readable || heap.arenas.empty()) {
    return std::nullopt;
  }
  std::vector<std::uint64_t> totals(python_.small_request_threshold >> python_.alignment_shift);
  BlockSet old;
  const auto keep = [&old](std::uint64_t at, std::uint64_t word) {
    if (word != 0) {
      old.insert_words(at, std::span(&word, 1));
    }
  };
  for (const Pool& pool : heap.pools) {
    const std::size_t index = (pool.block_size >> python_.alignment_shift) - 1;
    for (std::uint64_t at = pool.address; at < pool.address + python_.pool_size;
         at += BlockSet::kWordSpan) {
      const std::uint64_t live = heap.blocks.word_at(at);
      const std::uint64_t before = live & old_.word_at(at);
      keep(at, before);
      if (index < totals.size()) {
        totals[index] += static_cast<std::uint64_t>(std::popcount(live & ~before));
      }
    }
  }
  for (const std::uint64_t pool : heap.unsettled) {
    for (std::uint64_t at = pool; at < pool + python_.pool_size; at += BlockSet::kWordSpan) {
      keep(at, old_.word_at(at));
    }
  }
  old_ = std::move(old);
  return totals;
}

}  // namespace tmbpf
