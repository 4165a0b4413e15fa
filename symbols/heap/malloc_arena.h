// SPDX-License-Identifier: Apache-2.0
// The chunks of one contiguous piece of an arena of glibc's malloc, read while the process runs.
//
// Chunks lie one behind the other, each header says where the next is; the next says whether the
// chunk is in use, and a free one has its size also behind it. The last is the top, which ends with
// the piece, or a fencepost. Nobody stops the process, so a header may be read that is none any
// more. What cannot be right (sizes, flags, a free chunk whose two sizes differ, two free ones in a
// row) is read again from further and further before; that the way ends exactly with the piece is
// the last check. A piece that never passes is not told at all.
//
// In use also seem to be chunks that wait in a thread's tcache (at most 7 of each size up to 1,040
// bytes) or in a fastbin (up to 128 bytes, any number).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "symbols/heap/malloc_chunk.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

struct MallocPiece {
  std::uint64_t first = 0;  // address of the first chunk
  std::uint64_t end = 0;
  bool main = true;  // of the main arena
};

class MallocArena {
 public:
  // `end`: where the piece ends now, 0 when it is gone; asked when that seems to have changed.
  // `memory` must outlive it.
  MallocArena(const ProcessMemory& memory, const MallocPiece& piece,
              std::function<std::uint64_t()> end);

  // Appends the chunks in use, ascending. False: it kept changing, makes no sense, or there would
  // be more than `most` chunks; then nothing is appended. About 0.4 s per GiB of small chunks.
  bool walk(std::vector<MallocChunk>& chunks, std::size_t most);

 private:
  enum class Step : std::uint8_t { next, last, wrong };
  // Where the way stands: what is known of the chunk before `at`.
  struct Place {
    std::uint64_t at = 0;
    MallocChunk before;            // size 0: none
    bool before_not_main = false;  // its flag
    bool before_in_use = true;     // the one before that
    std::size_t chunks = 0;        // found so far
  };

  Step step(std::vector<MallocChunk>& chunks);
  [[nodiscard]] bool fits(const MallocHeader& header) const;
  [[nodiscard]] bool agrees(const MallocHeader& header) const;
  [[nodiscard]] bool read_header(MallocHeader& header);
  bool read_window(std::uint64_t at);
  bool end_moved();
  bool go_back(std::vector<MallocChunk>& chunks);

  const ProcessMemory& memory_;
  MallocPiece piece_;
  std::function<std::uint64_t()> end_;
  std::size_t chunks_before_ = 0;
  Place place_;
  std::vector<Place> windows_;  // where each began
  std::vector<std::byte> window_;
  std::uint64_t window_at_ = 0;
  std::size_t window_size_ = 0;  // bytes that hold something
  std::size_t next_size_ = 0;
  std::size_t most_size_ = 0;
  std::uint32_t retries_ = 0;
};

}  // namespace tmbpf
