// SPDX-License-Identifier: Apache-2.0
// A chunk of glibc's malloc, as its header tells it (malloc/malloc.c, the same from 2.26 to 2.41,
// 64 bits): prev_size, which belongs to the chunk before unless that is free, then its size with
// three flags. The block that the program has begins behind both.
#pragma once

#include <cstdint>

namespace tmbpf {

struct MallocChunk {
  std::uint64_t address = 0;
  std::uint64_t size = 0;  // bytes, with its header

  static constexpr std::uint64_t kHeader = 16;  // bytes before the block
  static constexpr std::uint64_t kAlignment = 16;
  static constexpr std::uint64_t kLeast = 32;  // bytes of a chunk

  [[nodiscard]] std::uint64_t block() const { return address + kHeader; }
  bool operator==(const MallocChunk&) const = default;
};

// As it lies in memory.
struct MallocHeader {
  std::uint64_t prev_size = 0;  // of the chunk before, when that is free
  std::uint64_t size_field = 0;

  static constexpr std::uint64_t kPrevInUse = 1;
  static constexpr std::uint64_t kMapped = 2;
  static constexpr std::uint64_t kNotMain = 4;  // only of chunks in use
  static constexpr std::uint64_t kFlags = 7;

  [[nodiscard]] std::uint64_t size() const { return size_field & ~kFlags; }
  [[nodiscard]] bool has(std::uint64_t flag) const { return (size_field & flag) != 0; }
};

}  // namespace tmbpf
