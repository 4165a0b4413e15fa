// SPDX-License-Identifier: Apache-2.0
// The live blocks of single pools of pymalloc.
//
// Objects/obmalloc.c, the same from 3.8 to 3.15: a pool begins with a header of 48 bytes; its
// blocks, all of one size, are carved one after the other up to nextoffset; those not on its free
// list are live. ref.count says how many that are, and freeblock is null only in a full pool. A
// pool is believed when all of this agrees and its header was the same before and after its blocks
// were copied.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

// A pool that holds live blocks.
struct Pool {
  std::uint64_t address = 0;
  std::uint32_t block_size = 0;   // bytes
  std::uint32_t live_blocks = 0;  // at least 1
};

class PoolReader {
 public:
  // `live` as BlockSet::insert_words() takes it: one bit per 16 bytes of the pool.
  using Visit = std::function<void(const Pool& pool, std::span<const std::uint64_t> live)>;

  // `python` must outlive this. Throws Error when its sizes are none that pymalloc can have.
  PoolReader(const ProcessMemory& memory, const tmbpf_python& python);

  // Reads the pools, all together with few system calls and those that were changing one by one
  // again, and calls `visit` for those with live blocks, in any order. How many hold none.
  std::size_t read(std::span<const std::uint64_t> pools, const Visit& visit);

  // Of the last read(): pools that kept changing, contradict themselves or could not be read.
  [[nodiscard]] const std::vector<std::uint64_t>& unsettled() const { return unsettled_; }

 private:
  struct Header;
  enum class State : std::uint8_t { free, full, partial, changing };

  std::size_t read_together(std::span<const std::uint64_t> pools, const Visit& visit);
  std::size_t retry_one_by_one(const Visit& visit);
  std::size_t read_headers(std::span<const std::uint64_t> pools);
  void read_bodies(const Visit& visit);
  [[nodiscard]] State state_of(const Header& header) const;
  [[nodiscard]] std::uint32_t block_size(const Header& header) const;
  void mark_carved(const Header& header);
  bool unmark_free(std::uint64_t pool, const Header& header, std::span<const std::byte> body);

  const ProcessMemory& memory_;
  const tmbpf_python& python_;
  std::vector<MemoryRange> ranges_;
  std::vector<std::byte> headers_;
  std::vector<std::uint64_t> partial_;  // pools whose blocks must be looked at
  std::vector<std::byte> bodies_;       // for each of them: the pool, and its header again
  std::vector<std::uint64_t> live_;     // of the pool at hand
  std::vector<std::vector<std::uint64_t>> carved_;  // of a full pool, for each size class
  std::vector<std::uint64_t> unsettled_;
  std::size_t retries_left_;
};

}  // namespace tmbpf
