// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/pymalloc_heap.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "symbols/heap/arena_table.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kPoolOverhead = 48;  // bytes of struct pool_header
constexpr std::size_t kPoolsAtOnce = 64;     // copied pools stay in the processor's cache

class HeapReader {
 public:
  HeapReader(const ProcessMemory& memory, const tmbpf_python& python)
      : memory_(memory), python_(python), pools_(memory, python) {
    heap_.arena_size = python.arena_size;
    heap_.pool_size = python.pool_size;
  }

  PymallocHeap read() {
    const auto table = read_arena_table(memory_, python_);
    if (!table) {
      return std::move(heap_);
    }
    for (const Arena& arena : table->arenas) {
      read_arena(arena);
    }
    heap_.unsettled_pools = table->damaged * (python_.arena_size / python_.pool_size);
    return finish();
  }

  PymallocHeap read(std::span<const std::uint64_t> pools) {
    for (; !pools.empty(); pools = pools.subspan(std::min(pools.size(), kPoolsAtOnce))) {
      read_some(pools.first(std::min(pools.size(), kPoolsAtOnce)));
      take_unsettled();
    }
    return finish();
  }

 private:
  void read_arena(const Arena& arena) {
    const std::uint64_t limit = arena.address + python_.arena_size;
    addresses_.clear();
    for (std::uint64_t pool = arena.first_pool; pool < arena.end_of_pools;
         pool += python_.pool_size) {
      addresses_.push_back(pool);
    }
    read_some(addresses_);
    if (!pools_.unsettled().empty() && !still_in_use(memory_, python_, arena)) {
      return;  // given back meanwhile
    }
    take_unsettled();
    heap_.arenas.push_back(arena.address);
    heap_.free_pools += (limit - arena.end_of_pools) / python_.pool_size;
  }

  void read_some(std::span<const std::uint64_t> addresses) {
    heap_.free_pools +=
        pools_.read(addresses, [this](const Pool& pool, std::span<const std::uint64_t> live) {
          heap_.blocks.insert_words(pool.address, live);
          heap_.pools.push_back(pool);
          heap_.bytes += std::uint64_t{pool.live_blocks} * pool.block_size;
        });
  }

  void take_unsettled() {
    heap_.unsettled.insert(heap_.unsettled.end(), pools_.unsettled().begin(),
                           pools_.unsettled().end());
  }

  PymallocHeap finish() {
    std::ranges::sort(heap_.pools, {}, &Pool::address);
    std::ranges::sort(heap_.unsettled);
    heap_.unsettled_pools += heap_.unsettled.size();
    heap_.readable = true;
    return std::move(heap_);
  }

  const ProcessMemory& memory_;
  const tmbpf_python& python_;
  PoolReader pools_;
  std::vector<std::uint64_t> addresses_;  // of the arena at hand
  PymallocHeap heap_;
};

}  // namespace

bool PymallocHeap::in_arena(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(arenas, address);
  return after != arenas.begin() && address - *std::prev(after) < arena_size;
}

bool PymallocHeap::is_settled(std::uint64_t address) const {
  return !std::ranges::binary_search(unsettled, address - address % pool_size);
}

std::uint64_t PymallocHeap::free_bytes() const {
  std::uint64_t available = free_pools * pool_size;
  for (const Pool& pool : pools) {
    const std::uint64_t room = (pool_size - kPoolOverhead) / pool.block_size;
    available += (room - std::min<std::uint64_t>(room, pool.live_blocks)) * pool.block_size;
  }
  return available;
}

std::vector<SizeClassUse> PymallocHeap::size_classes() const {
  std::map<std::uint32_t, SizeClassUse> classes;
  for (const Pool& pool : pools) {
    SizeClassUse& use = classes[pool.block_size];
    use.block_size = pool.block_size;
    use.blocks += pool.live_blocks;
    ++use.pools;
  }
  std::vector<SizeClassUse> result;
  result.reserve(classes.size());
  for (const auto& [size, use] : classes) {
    result.push_back(use);
  }
  return result;
}

PymallocHeap read_pymalloc_heap(const ProcessMemory& memory, const tmbpf_python& python) {
  return HeapReader(memory, python).read();
}

PymallocHeap read_pools(const ProcessMemory& memory, const tmbpf_python& python,
                        std::span<const std::uint64_t> pools) {
  return HeapReader(memory, python).read(pools);
}

std::vector<std::uint64_t> pools_of(std::span<const std::uint64_t> blocks,
                                    std::uint64_t pool_size) {
  std::vector<std::uint64_t> pools;
  pools.reserve(blocks.size());
  for (const std::uint64_t block : blocks) {
    pools.push_back(block - block % pool_size);
  }
  std::ranges::sort(pools);
  pools.erase(std::unique(pools.begin(), pools.end()), pools.end());
  return pools;
}

}  // namespace tmbpf
