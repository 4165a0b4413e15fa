// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/sampling/malloc_growth.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "symbols/heap/arena_table.h"
#include "symbols/process/process_memory.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::size_t kPerDoubling = 4;
constexpr unsigned kBits = 2;  // of them

}  // namespace

std::size_t malloc_class(std::uint64_t chunk_size) {
  const auto size = std::max(chunk_size, MallocChunk::kLeast);
  const auto doubling = static_cast<unsigned>(std::bit_width(size)) - 1;
  return (doubling << kBits) + ((size >> (doubling - kBits)) % kPerDoubling);
}

std::uint64_t malloc_class_size(std::size_t malloc_class) {
  return (kPerDoubling + malloc_class % kPerDoubling) << (malloc_class / kPerDoubling - kBits);
}

bool MallocTotals::is_untold(const MallocHeapPiece& piece) const {
  return !piece.settled || untold.contains(piece.start);
}

MallocTotals::Place MallocTotals::place_of(std::uint64_t block) const {
  const MallocHeapPiece* piece = heap.piece_of(block);
  if (piece != nullptr && is_untold(*piece)) {
    return Place::unknown;
  }
  if (heap.chunk_of(block) != nullptr) {
    return Place::told;
  }
  return piece != nullptr ? Place::gone : Place::unknown;
}

std::uint64_t MallocTotals::chunk_size(std::uint64_t block) const {
  const MallocChunk* chunk = heap.chunk_of(block);
  return chunk != nullptr ? chunk->size : 0;
}

std::optional<MallocHeap> MallocGrowth::read() const {
  const ProcessMemory memory(pid_);
  std::vector<MemoryRange> arenas;
  try {
    if (const auto table = read_arena_table(memory, python_)) {
      for (const Arena& arena : table->arenas) {
        arenas.push_back({arena.address, python_.arena_size});
      }
    }
    return read_malloc_heap(memory, arenas);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void MallocGrowth::restart(std::span<const std::uint64_t> recent) {
  old_.clear();
  untold_.clear();
  if (auto heap = read()) {
    std::set<std::uint64_t> chunks;
    for (const std::uint64_t block : recent) {
      if (const MallocChunk* chunk = heap->chunk_of(block)) {
        chunks.insert(chunk->address);
      }
    }
    old_ = std::move(heap->chunks);
    std::erase_if(old_,
                  [&chunks](const MallocChunk& chunk) { return chunks.contains(chunk.address); });
    for (const MallocHeapPiece& piece : heap->pieces) {
      if (!piece.settled) {
        untold_.insert(piece.start);
      }
    }
  }
}

std::optional<MallocTotals> MallocGrowth::measure() {
  auto heap = read();
  if (!heap) {
    return std::nullopt;
  }
  MallocTotals totals{.growth = {}, .heap = std::move(*heap), .untold = untold_};
  std::vector<MallocChunk> old;
  auto before = old_.begin();
  const auto leave = [&](std::uint64_t until) {
    for (; before != old_.end() && before->address < until; ++before) {
      const MallocHeapPiece* piece = totals.heap.piece_of(before->address);
      if (piece != nullptr && !piece->settled) {
        old.push_back(*before);
      }
    }
  };
  for (const MallocChunk& chunk : totals.heap.chunks) {
    leave(chunk.address);
    if (before != old_.end() && *before == chunk) {
      old.push_back(*before++);
      continue;
    }
    const MallocHeapPiece* piece = totals.heap.piece_of(chunk.address);
    if (piece == nullptr || !totals.is_untold(*piece)) {
      const std::size_t index = malloc_class(chunk.size);
      totals.growth.resize(std::max(totals.growth.size(), index + 1));
      totals.growth[index] += chunk.size;
    }
  }
  leave(~std::uint64_t{0});
  old_ = std::move(old);
  return totals;
}

}  // namespace tmbpf
