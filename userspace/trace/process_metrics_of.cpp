// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/process_metrics_of.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "symbols/heap/interned_strings.h"
#include "symbols/heap/pymalloc_heap.h"
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

// `heap`: nothing when it is not known.
std::optional<std::uint64_t> allocated_blocks(const ProcessMemory& memory,
                                              const PythonTarget& target,
                                              const std::optional<PymallocHeap>& heap) {
  if (const auto all = read_counter(memory, target.all_allocated_blocks)) {
    return all;
  }
  const auto raw = read_counter(memory, target.raw_allocated_blocks);
  return raw && heap ? std::optional(*raw + heap->blocks.size()) : std::nullopt;
}

// Nothing when it cannot be read, or a pool keeps changing.
std::optional<PymallocHeap> settled_heap(const ProcessMemory& memory, const tmbpf_python& python) {
  PymallocHeap heap = read_pymalloc_heap(memory, python);
  return heap.readable && heap.unsettled_pools == 0 ? std::optional(std::move(heap)) : std::nullopt;
}

void add_heap(ProcessMetrics& metrics, const ProcessMemory& memory, const PythonTarget& target,
              const PymallocHeap& heap) {
  const std::uint64_t arenas = heap.arenas.size() * heap.arena_size;
  metrics.arena_bytes = arenas;
  if (arenas != 0) {
    metrics.fragmentation = static_cast<double>(heap.free_bytes()) / static_cast<double>(arenas);
  }
  if (target.str_type) {
    metrics.interned_strings =
        count_interned_strings(memory, target.python, *target.str_type, heap);
  }
}

}  // namespace

ProcessMetrics process_metrics_of(const PythonTarget& target, bool with_heap) {
  const pid_t pid = target.identity.pid;
  const ProcessMemory memory(pid);
  ProcessMetrics metrics;
  metrics.pss = proportional_bytes(pid);
  metrics.vm_size = virtual_bytes(pid);
  if (const auto gc = read_gc_state(memory, target.runtime, target.layout, target.version)) {
    metrics.gc_counts = gc->counts;
    metrics.gc_collections = gc->collections;
  }
  const auto heap = with_heap ? settled_heap(memory, target.python) : std::nullopt;
  metrics.allocated_blocks = allocated_blocks(memory, target, heap);
  if (heap) {
    add_heap(metrics, memory, target, *heap);
  }
  return metrics;
}

}  // namespace tmbpf
