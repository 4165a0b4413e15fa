// SPDX-License-Identifier: Apache-2.0
// How much glibc's malloc holds that was handed out since a moment, as its own heap says. All of
// the raw domain is in it, and what C code allocated itself.
//
// Exact but for chunks that were freed since that moment and handed out again with the same address
// and size before somebody looked, which count as old, and those that only seem to be in use
// (malloc_arena.h).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/heap/malloc_heap.h"

namespace tmbpf {

// Sizes of chunks, coarse: four classes for each doubling.
std::size_t malloc_class(std::uint64_t chunk_size);
// The least size of the class.
std::uint64_t malloc_class_size(std::size_t malloc_class);

struct MallocTotals {
  // Bytes of chunks since the moment, by class.
  std::vector<std::uint64_t> growth;
  MallocHeap heap;
  // Pieces of arenas of which it is not known what was there before: nothing of them is in
  // `growth`.
  std::set<std::uint64_t> untold;

  enum class Place : std::uint8_t {
    told,     // in use, and in `growth` if it is new
    gone,     // no such chunk is in use
    unknown,  // nothing can be said
  };
  [[nodiscard]] bool is_untold(const MallocHeapPiece& piece) const;
  [[nodiscard]] Place place_of(std::uint64_t block) const;
  // Bytes of its chunk, of a block that is told.
  [[nodiscard]] std::uint64_t chunk_size(std::uint64_t block) const;
};

class MallocGrowth {
 public:
  // `python` must outlive it. Counts from restart() on.
  MallocGrowth(pid_t pid, const tmbpf_python& python) : pid_(pid), python_(python) {}

  // Nothing when the process is gone.
  std::optional<MallocTotals> measure();
  // Counts from now on, and blocks that are known to be from before, but not to count as such.
  void restart(std::span<const std::uint64_t> recent = {});

 private:
  [[nodiscard]] std::optional<MallocHeap> read() const;

  pid_t pid_;
  const tmbpf_python& python_;
  std::vector<MallocChunk> old_;    // from before, and not seen gone since; ascending
  std::set<std::uint64_t> untold_;  // pieces that could not be read then
};

}  // namespace tmbpf
