// SPDX-License-Identifier: Apache-2.0
// What else was read about a process when a snapshot was taken. What is not known is not there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "userspace/model/metadata.h"

namespace tmbpf {

struct ProcessMetrics {
  std::optional<std::uint64_t> pss;            // bytes
  std::optional<std::uint64_t> vm_size;        // bytes
  std::optional<std::uint64_t> tracer_memory;  // bytes, in the kernel and of tmbpf's process
  std::optional<std::array<std::int64_t, 3>> gc_counts;       // gc.get_count()
  std::optional<std::array<std::int64_t, 3>> gc_collections;  // gc.get_stats()
  std::optional<std::uint64_t> allocated_blocks;              // sys.getallocatedblocks()
  std::optional<std::uint64_t> arena_bytes;
  std::optional<double> fragmentation;            // share of the arenas that is free, 0..1
  std::optional<std::uint64_t> interned_strings;  // of at most 512 bytes, in the arenas
};

// Its keys: see metadata.h.
Metadata to_metadata(const ProcessMetrics& metrics);

}  // namespace tmbpf
