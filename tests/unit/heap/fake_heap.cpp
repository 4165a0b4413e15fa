// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/heap/fake_heap.h"

#include <sys/mman.h>

#include <stdexcept>

namespace tmbpf::test {

FakeHeap::FakeHeap(std::uint32_t pool_size) {
  python.arenas = reinterpret_cast<std::uint64_t>(&table_address);
  python.maxarenas = reinterpret_cast<std::uint64_t>(&maxarenas);
  python.pool_freeblock = 8;
  python.pool_nextpool = 16;
  python.pool_prevpool = 24;
  python.pool_arenaindex = 32;
  python.pool_szidx = 36;
  python.arena_object_size = 48;
  python.pool_size = pool_size;
  python.arena_size = pool_size * 64;
  python.alignment_shift = 4;
  python.small_request_threshold = 512;
}

FakeHeap::~FakeHeap() {
  for (const std::uint64_t mapping : mappings_) {
    ::munmap(at<void>(mapping), 2 * std::size_t{python.arena_size});
  }
}

std::uint64_t FakeHeap::add_arena(std::uint64_t misaligned) {
  void* mapping = ::mmap(nullptr, 2 * std::size_t{python.arena_size}, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    throw std::runtime_error("no memory for an arena");
  }
  const auto start = reinterpret_cast<std::uint64_t>(mapping);
  mappings_.push_back(start);
  const std::uint64_t size = python.pool_size;
  const std::uint64_t aligned = (start + size - 1) / size * size;
  const std::uint64_t first_pool = misaligned == 0 ? aligned : aligned + size;
  table_.push_back({.address = aligned + misaligned, .pool_address = first_pool});
  publish();
  return aligned + misaligned;
}

std::uint64_t FakeHeap::add_pool(std::uint32_t block_size, std::uint32_t carved,
                                 const std::vector<std::uint32_t>& free) {
  const std::uint64_t pool = table_.back().pool_address;
  table_.back().pool_address += python.pool_size;
  FakePool& fake = header(pool);
  fake.count = carved - static_cast<std::uint32_t>(free.size());
  fake.szidx = block_size / 16 - 1;
  fake.nextoffset = 48 + carved * block_size;
  fake.maxnextoffset = python.pool_size - block_size;
  std::uint64_t* link = &fake.freeblock;
  for (const std::uint32_t number : free) {
    *link = pool + 48 + number * std::uint64_t{block_size};
    link = &word(*link);
  }
  *link = 0;
  return pool;
}

std::uint64_t FakeHeap::add_full_pool(std::uint32_t block_size) {
  return add_pool(block_size, (python.pool_size - 48) / block_size, {});
}

std::uint64_t FakeHeap::block(std::uint64_t pool, std::uint32_t number) {
  return pool + 48 + number * ((std::uint64_t{header(pool).szidx} + 1) << 4);
}

void FakeHeap::publish() {
  table_address = reinterpret_cast<std::uint64_t>(table_.data());
  maxarenas = static_cast<std::uint32_t>(table_.size());
}

}  // namespace tmbpf::test
