// SPDX-License-Identifier: Apache-2.0
// What lies in blocks, and whether it is still the same: how one tells from outside, without a
// probe, that a block was not freed and handed out again.
//
// A block is an object when a word near its begin (after a PyGC_Head or not, after the pre-header
// of a managed dict or not: pycore_object.h, 3.11) points to a type. Reference counts and the
// garbage collector's links change in place and are not compared; of objects that cannot change all
// the rest is, of others half of it must be as it was.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

// The begin of a block.
struct BlockContent {
  static constexpr std::size_t kWords = 16;
  std::array<std::uint64_t, kWords> words{};
  std::uint8_t size = 0;       // words that were read; 0: none could be
  std::uint8_t type_word = 0;  // where its type stands; 0: it is no object
};

class BlockContents {
 public:
  struct Place {
    std::uint64_t address = 0;
    std::uint32_t size = 0;  // bytes of the block
  };

  // Both must outlive it.
  BlockContents(const ProcessMemory& memory, const tmbpf_python& python)
      : memory_(memory), python_(python) {}

  // As many as places, in their order.
  std::vector<BlockContent> read(std::span<const Place> places);
  // The bytes that CPython asked for when it made the object (_PyObject_VAR_SIZE of objimpl.h),
  // with what lies before it; 0 where that cannot be told.
  [[nodiscard]] std::uint32_t requested(const BlockContent& content) const;
  // Whether `now` may be the block that `before` was, and is in use: an object that no reference
  // counts lies in a free list.
  [[nodiscard]] bool is_same(const BlockContent& before, const BlockContent& now);

 private:
  enum class Kind : std::uint8_t { no_type, text, bytes, tuple, fixed, changing };
  // 0 is no address of a type.
  struct KnownWord {
    std::uint64_t word = 0;
    Kind kind = Kind::no_type;
  };
  static constexpr std::size_t kKnownWords = 8192;

  void find_type(BlockContent& content);
  Kind kind_of(std::uint64_t word);
  [[nodiscard]] Kind read_kind(std::uint64_t type) const;
  [[nodiscard]] bool ends_at_type(std::uint64_t metatype) const;

  const ProcessMemory& memory_;
  const tmbpf_python& python_;
  // Of words that may be types, each where its hash says: most are met once, so that a table
  // without a bound would grow for ever.
  std::vector<KnownWord> known_ = std::vector<KnownWord>(kKnownWords);
};

}  // namespace tmbpf
