// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/malloc_heap.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "symbols/heap/malloc_arena.h"
#include "symbols/process/process_maps.h"

namespace tmbpf {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kHeapMost = std::uint64_t{64} << 20U;  // HEAP_MAX_SIZE
constexpr std::size_t kMostChunks = std::size_t{1} << 23U;     // 128 MiB here
constexpr std::size_t kMostPages = std::size_t{1} << 21U;      // looked at for mapped chunks
constexpr std::size_t kPagesAtOnce = 512;
constexpr const char* kBrk = "[heap]";

// heap_info: of 32 bytes to 2.34, of 48 since.
struct HeapInfo {
  std::uint64_t arena;  // its malloc_state, in its first heap right behind the heap_info
  std::uint64_t previous;
  std::uint64_t size;
  std::uint64_t writable_size;
};
constexpr std::array<std::uint64_t, 2> kHeapInfoSizes{48, 32};
// malloc_state: 2,200 bytes from 2.27 on, 2,192 before; the first chunk is aligned to 16.
constexpr std::array<std::uint64_t, 2> kStateSizes{2208, 2192};

bool is_anonymous(const Mapping& mapping) {
  return mapping.readable && mapping.writable && mapping.inode == 0 && mapping.path.empty();
}

// The kernel may show it in pieces, one behind the other.
std::optional<MemoryRange> brk_of(const std::vector<Mapping>& maps) {
  std::optional<MemoryRange> brk;
  for (const Mapping& mapping : maps) {
    if (mapping.path != kBrk) {
      continue;
    }
    if (!brk) {
      brk = {mapping.start, 0};
    }
    brk->size = mapping.end - brk->address;
  }
  return brk;
}

class MallocHeapReader {
 public:
  MallocHeapReader(const ProcessMemory& memory, std::span<const MemoryRange> others)
      : memory_(memory), others_(others), maps_(read_maps(memory.pid())) {}

  MallocHeap read() {
    read_main();
    for (const Mapping& mapping : maps_) {
      if (is_anonymous(mapping)) {
        heap_.writable += mapping.end - mapping.start;
        read_heaps(mapping);
        read_mapped(mapping);
      }
    }
    if (heap_.complete) {
      heap_.chunks.insert(heap_.chunks.end(), mapped_.begin(), mapped_.end());
    }
    std::ranges::sort(heap_.chunks, {}, &MallocChunk::address);
    return std::move(heap_);
  }

 private:
  void read_main();
  void read_heaps(const Mapping& mapping);
  bool read_heap(std::uint64_t start, const HeapInfo& info);
  [[nodiscard]] std::optional<HeapInfo> heap_info(std::uint64_t at) const;
  bool walk(const MallocPiece& piece, const std::function<std::uint64_t()>& end);
  void read_mapped(const Mapping& mapping);
  std::uint64_t read_mapped_pages(std::uint64_t at, std::uint64_t end);
  [[nodiscard]] std::uint64_t end_of_known(std::uint64_t at) const;
  [[nodiscard]] std::uint64_t begin_of_known(std::uint64_t at) const;

  const ProcessMemory& memory_;
  std::span<const MemoryRange> others_;
  std::vector<Mapping> maps_;
  std::size_t pages_ = 0;
  std::vector<MallocChunk> mapped_;
  MallocHeap heap_;
};

bool MallocHeapReader::walk(const MallocPiece& piece, const std::function<std::uint64_t()>& end) {
  return MallocArena(memory_, piece, end).walk(heap_.chunks, kMostChunks);
}

void MallocHeapReader::read_main() {
  const auto brk = brk_of(maps_);
  if (!brk) {
    return;
  }
  heap_.writable += brk->size;
  const auto end = [this] {
    const auto now = brk_of(read_maps(memory_.pid()));
    return now ? now->address + now->size : 0;
  };
  const std::uint64_t limit = brk->address + brk->size;
  const bool settled = walk({.first = brk->address, .end = limit, .main = true}, end);
  heap_.pieces.push_back(
      {.start = brk->address, .end = std::max(limit, end()), .settled = settled});
}

std::optional<HeapInfo> MallocHeapReader::heap_info(std::uint64_t at) const {
  const auto info = memory_.read<HeapInfo>(at);
  const auto in_heap = [](std::uint64_t arena) {
    return std::ranges::find(kHeapInfoSizes, arena % kHeapMost) != kHeapInfoSizes.end();
  };
  const bool sound = info && in_heap(info->arena) && info->size != 0 &&
                     info->size <= info->writable_size && info->writable_size <= kHeapMost &&
                     info->size % kPage == 0 && info->writable_size % kPage == 0 &&
                     info->previous % kHeapMost == 0 &&
                     (info->previous == 0) == (info->arena - info->arena % kHeapMost == at);
  return sound ? info : std::nullopt;
}

void MallocHeapReader::read_heaps(const Mapping& mapping) {
  for (std::uint64_t at = (mapping.start + kHeapMost - 1) / kHeapMost * kHeapMost; at < mapping.end;
       at += kHeapMost) {
    const auto info = heap_info(at);
    if (info && info->size <= mapping.end - at) {
      const bool settled = read_heap(at, *info);
      const auto now = heap_info(at);
      heap_.pieces.push_back(
          {.start = at, .end = at + std::max(info->size, now ? now->size : 0), .settled = settled});
    }
  }
}

bool MallocHeapReader::read_heap(std::uint64_t start, const HeapInfo& info) {
  const auto end = [this, start] {
    const auto now = heap_info(start);
    return now ? start + now->size : 0;
  };
  std::uint64_t first = start + info.arena % kHeapMost;  // behind a heap_info of the same size
  if (info.arena != first) {
    return walk({.first = first, .end = start + info.size, .main = false}, end);
  }
  return std::ranges::any_of(kStateSizes, [&](std::uint64_t size) {
    return walk({.first = first + size, .end = start + info.size, .main = false}, end);
  });
}

std::uint64_t MallocHeapReader::end_of_known(std::uint64_t at) const {
  for (const MallocHeapPiece& piece : heap_.pieces) {
    if (at >= piece.start && at < piece.end) {
      return piece.end;
    }
  }
  const auto after = std::ranges::upper_bound(others_, at, {}, &MemoryRange::address);
  if (after != others_.begin() && at - std::prev(after)->address < std::prev(after)->size) {
    return std::prev(after)->address + std::prev(after)->size;
  }
  return at;
}

std::uint64_t MallocHeapReader::begin_of_known(std::uint64_t at) const {
  std::uint64_t begin = ~std::uint64_t{0};
  for (const MallocHeapPiece& piece : heap_.pieces) {
    if (piece.start > at) {
      begin = std::min(begin, piece.start);
    }
  }
  const auto after = std::ranges::upper_bound(others_, at, {}, &MemoryRange::address);
  return after == others_.end() ? begin : std::min(begin, after->address);
}

// The kernel merges neighbouring mappings into one.
void MallocHeapReader::read_mapped(const Mapping& mapping) {
  std::uint64_t at = mapping.start;
  while (at < mapping.end) {
    const std::uint64_t known = end_of_known(at);
    if (known > at) {
      at = (known + kPage - 1) / kPage * kPage;
    } else if (pages_ >= kMostPages || mapped_.size() >= kMostChunks) {
      heap_.complete = false;
      return;
    } else {
      at = read_mapped_pages(at, std::min(mapping.end, begin_of_known(at)));
    }
  }
}

// Looks at some pages; where to go on.
std::uint64_t MallocHeapReader::read_mapped_pages(std::uint64_t at, std::uint64_t end) {
  std::array<MemoryRange, kPagesAtOnce> ranges;
  std::array<MallocHeader, kPagesAtOnce> headers;
  const std::size_t pages = std::min<std::size_t>(kPagesAtOnce, (end - at + kPage - 1) / kPage);
  for (std::size_t i = 0; i < pages; ++i) {
    ranges[i] = {at + i * kPage, sizeof(MallocHeader)};
  }
  pages_ += pages;
  const std::size_t got = memory_.read_ranges(
      std::span(ranges).first(pages), std::as_writable_bytes(std::span(headers).first(pages)));
  for (std::size_t i = 0; i < got; ++i) {
    const MallocHeader& header = headers[i];
    if ((header.size_field & MallocHeader::kFlags) == MallocHeader::kMapped &&
        header.prev_size == 0 && header.size() % kPage == 0 && header.size() != 0 &&
        header.size() <= end - ranges[i].address) {
      mapped_.push_back({.address = ranges[i].address, .size = header.size()});
      return ranges[i].address + header.size();
    }
  }
  return at + std::max<std::size_t>(got, 1) * kPage;
}

}  // namespace

bool MallocHeap::recognized() const {
  return std::ranges::any_of(pieces, &MallocHeapPiece::settled);
}

std::size_t MallocHeap::unsettled() const {
  return static_cast<std::size_t>(std::ranges::count(pieces, false, &MallocHeapPiece::settled));
}

const MallocHeapPiece* MallocHeap::piece_of(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(pieces, address, {}, &MallocHeapPiece::start);
  return after != pieces.begin() && address < std::prev(after)->end ? &*std::prev(after) : nullptr;
}

const MallocChunk* MallocHeap::chunk_of(std::uint64_t block) const {
  const std::uint64_t address = block - MallocChunk::kHeader;
  const auto found = std::ranges::lower_bound(chunks, address, {}, &MallocChunk::address);
  return found != chunks.end() && found->address == address ? &*found : nullptr;
}

MallocHeap read_malloc_heap(const ProcessMemory& memory, std::span<const MemoryRange> others) {
  return MallocHeapReader(memory, others).read();
}

}  // namespace tmbpf
