// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/pymalloc_heap.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

namespace tmbpf {
namespace {

// struct pool_header of obmalloc.c, 3.10 and later
struct PoolHeader {
  std::uint64_t count;
  std::uint64_t freeblock;
  std::uint64_t nextpool;
  std::uint64_t prevpool;
  std::uint32_t arenaindex;
  std::uint32_t szidx;
  std::uint32_t nextoffset;
  std::uint32_t maxnextoffset;
};
static_assert(sizeof(PoolHeader) == 48);

// struct arena_object of obmalloc.c
struct ArenaObject {
  std::uint64_t address;
  std::uint64_t pool_address;
  std::uint32_t nfreepools;
  std::uint32_t ntotalpools;
  std::uint64_t freepools;
  std::uint64_t nextarena;
  std::uint64_t prevarena;
};
static_assert(sizeof(ArenaObject) == 48);

constexpr std::uint32_t kMaxArenas = 1U << 20;  // a tebibyte of heap; more is a broken process
constexpr int kTries = 4;

class HeapReader {
 public:
  HeapReader(const ProcessMemory& memory, const tmbpf_python& python)
      : memory_(memory), python_(python), pool_(python.pool_size) {}

  PymallocHeap read() {
    heap_.arena_size = python_.arena_size;
    const auto table = memory_.read<std::uint64_t>(python_.arenas);
    const auto count = memory_.read<std::uint32_t>(python_.maxarenas);
    if (!table || !count || *table == 0 || *count > kMaxArenas) {
      return std::move(heap_);
    }
    std::vector<ArenaObject> arenas(*count);
    if (memory_.read(*table, std::as_writable_bytes(std::span(arenas)))) {
      for (const ArenaObject& arena : arenas) {
        if (arena.address != 0) {
          read_arena(arena);
        }
      }
    }
    std::sort(heap_.arenas.begin(), heap_.arenas.end());
    return std::move(heap_);
  }

 private:
  void read_arena(const ArenaObject& arena) {
    const std::uint64_t size = python_.pool_size;
    const std::uint64_t first = (arena.address + size - 1) / size * size;
    const std::uint64_t limit = std::min(arena.pool_address, arena.address + python_.arena_size);
    heap_.arenas.push_back(arena.address);
    for (std::uint64_t pool = first; pool + size <= limit; pool += size) {
      read_pool(pool);
    }
  }

  void read_pool(std::uint64_t address) {
    for (int i = 0; i < kTries; ++i) {
      if (memory_.read(address, pool_) && collect_live(address)) {
        return;
      }
    }
    ++heap_.unsettled_pools;
  }

  // Marks the blocks of the pool now in pool_; false when its bytes contradict each other.
  bool collect_live(std::uint64_t address) {
    PoolHeader header;
    std::memcpy(&header, pool_.data(), sizeof(header));
    const std::uint64_t used = header.count & 0xffffffffU;
    if (used == 0) {
      return true;  // a free pool: its other fields are from before
    }
    const std::uint64_t block = (std::uint64_t{header.szidx} + 1) << python_.alignment_shift;
    if (block > python_.small_request_threshold || header.nextoffset > python_.pool_size ||
        header.nextoffset < sizeof(PoolHeader)) {
      return false;
    }
    const std::size_t carved = (header.nextoffset - sizeof(PoolHeader)) / block;
    free_.assign(carved, false);
    const auto free_blocks = mark_free(address, header.freeblock, block);
    if (!free_blocks || carved - *free_blocks != used) {
      return false;
    }
    for (std::size_t i = 0; i < carved; ++i) {
      if (!free_[i]) {
        heap_.blocks.insert(address + sizeof(PoolHeader) + i * block);
      }
    }
    heap_.bytes += used * block;
    return true;
  }

  // Follows the free list; nothing when it leaves the pool or bites its tail.
  std::optional<std::size_t> mark_free(std::uint64_t address, std::uint64_t next,
                                       std::uint64_t block) {
    std::size_t found = 0;
    while (next != 0) {
      const std::uint64_t offset = next - address - sizeof(PoolHeader);
      const std::size_t index = offset / block;
      if (next < address + sizeof(PoolHeader) || offset % block != 0 || index >= free_.size() ||
          free_[index]) {
        return std::nullopt;
      }
      free_[index] = true;
      ++found;
      std::memcpy(&next, pool_.data() + (next - address), sizeof(next));
    }
    return found;
  }

  const ProcessMemory& memory_;
  const tmbpf_python& python_;
  std::vector<std::byte> pool_;  // the pool that is being read
  std::vector<bool> free_;       // its carved blocks: on the free list or not
  PymallocHeap heap_;
};

}  // namespace

bool PymallocHeap::in_arena(std::uint64_t address) const {
  const auto after = std::upper_bound(arenas.begin(), arenas.end(), address);
  return after != arenas.begin() && address - *std::prev(after) < arena_size;
}

PymallocHeap read_pymalloc_heap(const ProcessMemory& memory, const tmbpf_python& python) {
  return HeapReader(memory, python).read();
}

}  // namespace tmbpf
