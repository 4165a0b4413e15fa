// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/chunks_map.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "util/error.h"
#include "util/unique_fd.h"

namespace tmbpf {
namespace {

// A traced target needs a new one every 15 ms at most: 64 MiB of small blocks a second.
constexpr std::uint32_t kSpare = 4;

UniqueFd make_chunk() {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = BPF_F_MMAPABLE;
  return UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "tmbpf_chunk", sizeof(std::uint32_t),
                                 sizeof(tmbpf_chunk), 1, &options));
}

constexpr std::uint32_t kMark = TMBPF_SLOT_MARK;

std::uint32_t packed(const tmbpf_trace& trace) {
  return static_cast<std::uint32_t>(trace.stack << static_cast<unsigned>(TMBPF_SLOT_STACK_SHIFT) |
                                    trace.size);
}

tmbpf_trace unpacked(std::uint32_t slot) {
  return {.size = slot & static_cast<std::uint32_t>(TMBPF_SLOT_SIZE_MASK),
          .stack = slot >> static_cast<std::uint32_t>(TMBPF_SLOT_STACK_SHIFT)};
}

constexpr std::uint64_t address_of(std::uint64_t region, std::uint64_t slot) {
  return region << static_cast<unsigned>(TMBPF_REGION_SHIFT) |
         slot << static_cast<unsigned>(TMBPF_SLOT_SHIFT);
}

}  // namespace

ChunksMap::ChunksMap(Maps maps, tmbpf_totals& totals, std::uint32_t chunks)
    : chunks_fd_(maps.chunks), regions_(maps.regions, TMBPF_REGIONS), totals_(totals) {
  const std::lock_guard lock(mutex_);
  make(std::min<std::uint32_t>(chunks + kSpare, TMBPF_MAX_CHUNKS));
  if (chunks_.empty()) {
    throw Error(fmt::format("cannot make room for what is recorded: {}", std::strerror(errno)));
  }
}

// In one call, since the kernel waits some milliseconds at its end for programs that run; before
// Linux 5.19 one by one.
bool ChunksMap::put(const std::vector<std::uint32_t>& indices,
                    const std::vector<std::uint32_t>& numbers) const {
  auto count = static_cast<std::uint32_t>(indices.size());
  if (bpf_map_update_batch(chunks_fd_, indices.data(), numbers.data(), &count, nullptr) == 0) {
    return true;
  }
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (bpf_map_update_elem(chunks_fd_, &indices[i], &numbers[i], BPF_ANY) != 0) {
      return false;
    }
  }
  return true;
}

void ChunksMap::make(std::uint32_t count) {
  std::vector<UniqueFd> made;
  std::vector<std::uint32_t> indices;
  std::vector<std::uint32_t> numbers;
  const auto first = static_cast<std::uint32_t>(chunks_.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    UniqueFd chunk = make_chunk();
    if (!chunk.valid()) {
      break;
    }
    indices.push_back(first + i);
    numbers.push_back(static_cast<std::uint32_t>(chunk.get()));
    made.push_back(std::move(chunk));
  }
  if (made.empty() || !put(indices, numbers)) {
    return;
  }
  for (const UniqueFd& chunk : made) {
    chunks_.push_back(std::make_unique<Chunk>(chunk.get(), 1));
  }
  std::atomic_ref(totals_.chunks_ready).store(static_cast<std::uint32_t>(chunks_.size()));
}

void ChunksMap::keep_spare() {
  const std::uint32_t used = std::atomic_ref(totals_.chunks).load();
  const std::lock_guard lock(mutex_);
  const std::uint32_t wanted = std::min<std::uint32_t>(used + kSpare, TMBPF_MAX_CHUNKS);
  if (wanted > chunks_.size()) {
    make(wanted - static_cast<std::uint32_t>(chunks_.size()));
  }
}

// By address.
std::vector<std::pair<std::uint64_t, ChunksMap::Chunk*>> ChunksMap::regions() const {
  std::vector<std::pair<std::uint64_t, Chunk*>> found;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < regions_.size(); ++i) {
    const std::uint32_t number = std::atomic_ref(regions_[i].number).load();
    const std::uint32_t chunk = regions_[i].chunk;
    if (number != 0 && chunk < chunks_.size()) {
      found.emplace_back(number, chunks_[chunk].get());
    }
  }
  std::ranges::sort(found);
  return found;
}

void ChunksMap::for_each(const Visit& visit) const {
  for (const auto& [region, chunk] : regions()) {
    const auto& slots = (*chunk)[0].slots;
    for (std::uint64_t i = 0; i < TMBPF_CHUNK_SLOTS; ++i) {
      const std::uint32_t slot = *const_cast<const volatile std::uint32_t*>(&slots[i]);
      if (slot != 0) {
        visit(address_of(region, i), unpacked(slot));
      }
    }
  }
}

void ChunksMap::take_all(const Visit& visit) {
  for (const auto& [region, chunk] : regions()) {
    auto& slots = (*chunk)[0].slots;
    for (std::uint64_t i = 0; i < TMBPF_CHUNK_SLOTS; ++i) {
      const std::uint32_t slot = std::atomic_ref(slots[i]).exchange(0);
      if (slot != 0) {
        visit(address_of(region, i), unpacked(slot));
      }
    }
  }
}

ChunksMap::Chunk* ChunksMap::chunk_of(std::uint32_t region) const {
  for (std::uint32_t i = 0; i < TMBPF_REGION_TRIES; ++i) {
    const tmbpf_region& place = regions_[(region + i) % TMBPF_REGIONS];
    if (place.number == region && place.chunk < chunks_.size()) {
      return chunks_[place.chunk].get();
    }
  }
  return nullptr;
}

std::uint32_t* ChunksMap::slot_of(std::uint64_t address) const {
  const std::lock_guard lock(mutex_);
  Chunk* chunk =
      chunk_of(static_cast<std::uint32_t>(address >> static_cast<unsigned>(TMBPF_REGION_SHIFT)));
  const std::uint64_t slot =
      (address >> static_cast<unsigned>(TMBPF_SLOT_SHIFT)) % TMBPF_CHUNK_SLOTS;
  return chunk == nullptr ? nullptr : &(*chunk)[0].slots[slot];
}

tmbpf_trace ChunksMap::find(std::uint64_t address) const {
  std::uint32_t* slot = slot_of(address);
  return slot == nullptr ? tmbpf_trace{} : unpacked(std::atomic_ref(*slot).load());
}

void ChunksMap::mark_all() {
  for (const auto& [region, chunk] : regions()) {
    for (std::uint32_t& slot : (*chunk)[0].slots) {
      std::uint32_t known = std::atomic_ref(slot).load(std::memory_order_relaxed);
      while (known != 0 && (known & kMark) == 0 &&
             !std::atomic_ref(slot).compare_exchange_weak(known, known | kMark)) {
      }
    }
  }
}

void ChunksMap::for_each_marked(const Visit& visit) const {
  for (const auto& [region, chunk] : regions()) {
    const auto& slots = (*chunk)[0].slots;
    for (std::uint64_t i = 0; i < TMBPF_CHUNK_SLOTS; ++i) {
      const std::uint32_t slot = *const_cast<const volatile std::uint32_t*>(&slots[i]);
      if ((slot & kMark) != 0) {
        visit(address_of(region, i), unpacked(slot));
      }
    }
  }
}

bool ChunksMap::take_marked(std::uint64_t address, const tmbpf_trace& trace) {
  std::uint32_t* slot = slot_of(address);
  std::uint32_t known = packed(trace) | kMark;
  return slot != nullptr && std::atomic_ref(*slot).compare_exchange_strong(known, 0);
}

std::uint64_t ChunksMap::memory() const {
  const std::lock_guard lock(mutex_);
  return chunks_.size() * sizeof(tmbpf_chunk);
}

}  // namespace tmbpf
