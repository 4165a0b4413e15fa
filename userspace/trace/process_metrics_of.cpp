// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/process_metrics_of.h"

#include <cstdint>

#include "symbols/process/process_memory.h"
#include "symbols/process/process_size.h"
#include "symbols/python/gc_state.h"

namespace tmbpf {
namespace {

// The counter must be plausible: it was found by a name, or by its place.
std::optional<std::uint64_t> read_counter(const ProcessMemory& memory,
                                          const std::optional<std::uint64_t>& address) {
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  const auto count = address ? memory.read<std::int64_t>(*address) : std::nullopt;
  return count && *count >= 0 && *count < kMost ? std::optional(static_cast<std::uint64_t>(*count))
                                                : std::nullopt;
}

std::optional<std::uint64_t> allocated_blocks(const ProcessMemory& memory,
                                              const PythonTarget& target,
                                              const std::optional<HeapUse>& heap) {
  if (const auto all = read_counter(memory, target.all_allocated_blocks)) {
    return all;
  }
  const auto raw = read_counter(memory, target.raw_allocated_blocks);
  return raw && heap ? std::optional(*raw + heap->blocks) : std::nullopt;
}

}  // namespace

ProcessMetrics process_metrics_of(const PythonTarget& target, const std::optional<HeapUse>& heap) {
  const pid_t pid = target.identity.pid;
  const ProcessMemory memory(pid);
  ProcessMetrics metrics;
  metrics.pss = proportional_bytes(pid);
  metrics.vm_size = virtual_bytes(pid);
  if (const auto gc = read_gc_state(memory, target.runtime, target.layout, target.version)) {
    metrics.gc_counts = gc->counts;
    metrics.gc_collections = gc->collections;
  }
  metrics.allocated_blocks = allocated_blocks(memory, target, heap);
  if (heap) {
    metrics.arena_bytes = heap->arena_bytes;
    if (heap->arena_bytes != 0) {
      metrics.fragmentation =
          static_cast<double>(heap->free_bytes) / static_cast<double>(heap->arena_bytes);
    }
  }
  return metrics;
}

}  // namespace tmbpf
