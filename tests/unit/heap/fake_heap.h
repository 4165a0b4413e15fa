// SPDX-License-Identifier: Apache-2.0
// Arenas and pools of pymalloc in this process's own memory, so that each byte can be made to lie.
#pragma once

#include <cstdint>
#include <vector>

#include "bpf/tmbpf.h"

namespace tmbpf::test {

struct FakePool {
  std::uint32_t count = 0;
  std::uint32_t pad = 0;
  std::uint64_t freeblock = 0;
  std::uint64_t nextpool = 0;
  std::uint64_t prevpool = 0;
  std::uint32_t arenaindex = 0;
  std::uint32_t szidx = 0;
  std::uint32_t nextoffset = 0;
  std::uint32_t maxnextoffset = 0;
};

struct FakeArena {
  std::uint64_t address = 0;
  std::uint64_t pool_address = 0;
  std::uint32_t nfreepools = 0;
  std::uint32_t ntotalpools = 0;
  std::uint64_t freepools = 0;
  std::uint64_t nextarena = 0;
  std::uint64_t prevarena = 0;
};

class FakeHeap {
 public:
  // Pools of 16 KiB in arenas of 1 MiB as in CPython 3.10 and later, or of 4 KiB in 256 KiB.
  explicit FakeHeap(std::uint32_t pool_size = 16384);
  FakeHeap(const FakeHeap&) = delete;
  FakeHeap& operator=(const FakeHeap&) = delete;
  ~FakeHeap();

  // An arena that begins `misaligned` bytes after a multiple of the pools' size.
  std::uint64_t add_arena(std::uint64_t misaligned = 0);
  // Carves the next pool of the arena that was added last: blocks of one size, so many of them
  // carved, of which the given ones (by number) are on the free list, in that order.
  std::uint64_t add_pool(std::uint32_t block_size, std::uint32_t carved,
                         const std::vector<std::uint32_t>& free);
  // As many blocks as the pool has room for, all live.
  std::uint64_t add_full_pool(std::uint32_t block_size);

  static FakePool& header(std::uint64_t pool) { return *at<FakePool>(pool); }
  static std::uint64_t& word(std::uint64_t address) { return *at<std::uint64_t>(address); }
  static std::uint64_t block(std::uint64_t pool, std::uint32_t number);
  FakeArena& arena(std::size_t index) { return table_[index]; }
  std::vector<FakeArena>& table() { return table_; }
  // Tells the table's place and size to who reads `python`; after changes to table().
  void publish();

  std::uint64_t table_address = 0;  // what the variable arenas says
  std::uint32_t maxarenas = 0;      // what the variable maxarenas says
  tmbpf_python python{};

 private:
  template <typename T>
  static T* at(std::uint64_t address) {
    return reinterpret_cast<T*>(address);  // NOLINT(performance-no-int-to-ptr): our own memory
  }

  std::vector<FakeArena> table_;
  std::vector<std::uint64_t> mappings_;
};

}  // namespace tmbpf::test
