// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/process_metrics.h"

#include <fmt/format.h>

#include <cstddef>
#include <string>

namespace tmbpf {
namespace {

void put(Metadata& metadata, const char* key, const std::optional<std::uint64_t>& value) {
  if (value) {
    metadata[key] = static_cast<std::int64_t>(*value);
  }
}

void put(Metadata& metadata, const char* key,
         const std::optional<std::array<std::int64_t, 3>>& values) {
  for (std::size_t i = 0; values && i < values->size(); ++i) {
    metadata[fmt::format("{}.{}", key, i)] = (*values)[i];
  }
}

}  // namespace

Metadata to_metadata(const ProcessMetrics& metrics) {
  Metadata metadata;
  put(metadata, "pss", metrics.pss);
  put(metadata, "vm_size", metrics.vm_size);
  put(metadata, "tracer_memory", metrics.tracer_memory);
  put(metadata, "gc.count", metrics.gc_counts);
  put(metadata, "gc.collections", metrics.gc_collections);
  put(metadata, "allocated_blocks", metrics.allocated_blocks);
  put(metadata, "arena_bytes", metrics.arena_bytes);
  if (metrics.fragmentation) {
    metadata["fragmentation"] = *metrics.fragmentation;
  }
  put(metadata, "interned_strings", metrics.interned_strings);
  return metadata;
}

}  // namespace tmbpf
