// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/pool_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "symbols/heap/block_set.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr int kTries = 32;  // of a pool that changes while it is read
constexpr std::size_t kRetries = std::size_t{1}
                                 << 17;  // of all pools: so many do not change at once
constexpr std::uint64_t kSlot = 16;      // bytes: the finest alignment of blocks

}  // namespace

// struct pool_header; ref.count is the low half of a union of 8 bytes.
struct PoolReader::Header {
  std::uint32_t count;
  std::uint32_t pad;
  std::uint64_t freeblock;
  std::uint64_t nextpool;
  std::uint64_t prevpool;
  std::uint32_t arenaindex;
  std::uint32_t szidx;
  std::uint32_t nextoffset;
  std::uint32_t maxnextoffset;

  // The links change with the pool's neighbours.
  [[nodiscard]] bool same_blocks(const Header& other) const {
    return count == other.count && freeblock == other.freeblock && szidx == other.szidx &&
           nextoffset == other.nextoffset;
  }
};

PoolReader::PoolReader(const ProcessMemory& memory, const tmbpf_python& python)
    : memory_(memory), python_(python), retries_left_(kRetries) {
  static_assert(sizeof(Header) == 48);
  const bool known = python.pool_freeblock == offsetof(Header, freeblock) &&
                     python.pool_szidx == offsetof(Header, szidx) && python.alignment_shift == 4 &&
                     python.pool_size % BlockSet::kWordSpan == 0 && python.pool_size >= 4096 &&
                     python.small_request_threshold % kSlot == 0 &&
                     python.small_request_threshold < python.pool_size - sizeof(Header);
  if (!known) {
    throw Error(fmt::format("unknown layout of pymalloc's pools (of {} bytes)", python.pool_size));
  }
  const std::size_t words = python.pool_size / BlockSet::kWordSpan;
  live_.resize(words);
  for (std::uint64_t size = kSlot; size <= python.small_request_threshold; size += kSlot) {
    std::vector<std::uint64_t>& bits = carved_.emplace_back(words, 0);
    for (std::uint64_t at = sizeof(Header); at + size <= python.pool_size; at += size) {
      bits[at / BlockSet::kWordSpan] |= std::uint64_t{1} << (at / kSlot % 64);
    }
  }
}

std::size_t PoolReader::read(std::span<const std::uint64_t> pools, const Visit& visit) {
  unsettled_.clear();
  const std::size_t empty = read_together(pools, visit);
  return empty + retry_one_by_one(visit);
}

std::size_t PoolReader::retry_one_by_one(const Visit& visit) {
  std::size_t empty = 0;
  std::vector<std::uint64_t> still;
  for (const std::uint64_t pool : std::exchange(unsettled_, {})) {
    bool settled = false;
    for (int i = 0; i < kTries && !settled && retries_left_ > 0; ++i) {
      --retries_left_;
      unsettled_.clear();
      empty += read_together(std::span(&pool, 1), visit);
      settled = unsettled_.empty();
    }
    if (!settled) {
      still.push_back(pool);
    }
  }
  unsettled_ = std::move(still);
  return empty;
}

std::size_t PoolReader::read_together(std::span<const std::uint64_t> pools, const Visit& visit) {
  std::size_t empty = 0;
  partial_.clear();
  const std::size_t readable = read_headers(pools);
  for (std::size_t i = 0; i < pools.size(); ++i) {
    Header header;
    std::memcpy(&header, headers_.data() + i * sizeof(Header), sizeof(Header));
    switch (i < readable ? state_of(header) : State::changing) {
      case State::free:
        ++empty;
        break;
      case State::full:
        mark_carved(header);
        visit({pools[i], block_size(header), header.count}, live_);
        break;
      case State::partial:
        partial_.push_back(pools[i]);
        break;
      case State::changing:
        unsettled_.push_back(pools[i]);
        break;
    }
  }
  read_bodies(visit);
  return empty;
}

// How many of the headers, from the first on, are now in headers_.
std::size_t PoolReader::read_headers(std::span<const std::uint64_t> pools) {
  headers_.resize(pools.size() * sizeof(Header));
  ranges_.clear();
  for (const std::uint64_t pool : pools) {
    ranges_.push_back({pool, sizeof(Header)});
  }
  return memory_.read_ranges(ranges_, headers_);
}

void PoolReader::read_bodies(const Visit& visit) {
  const std::size_t step = python_.pool_size + sizeof(Header);
  bodies_.resize(std::max(bodies_.size(), partial_.size() * step));
  ranges_.clear();
  for (const std::uint64_t pool : partial_) {
    ranges_.push_back({pool, python_.pool_size});
    ranges_.push_back({pool, sizeof(Header)});
  }
  const std::span bytes(bodies_.data(), partial_.size() * step);
  const std::size_t got = memory_.read_ranges(ranges_, bytes) / 2;
  for (std::size_t i = 0; i < partial_.size(); ++i) {
    const auto body = bytes.subspan(i * step, step);
    Header header{};
    Header again{};
    std::memcpy(&header, body.data(), sizeof(Header));
    std::memcpy(&again, body.data() + python_.pool_size, sizeof(Header));
    if (i < got && header.same_blocks(again) && state_of(header) == State::partial &&
        unmark_free(partial_[i], header, body)) {
      visit({partial_[i], block_size(header), header.count}, live_);
    } else {
      unsettled_.push_back(partial_[i]);
    }
  }
}

std::uint32_t PoolReader::block_size(const Header& header) const {
  return (header.szidx + 1) << python_.alignment_shift;
}

PoolReader::State PoolReader::state_of(const Header& header) const {
  if (header.count == 0) {
    return State::free;  // the other fields are from before
  }
  if (header.szidx >= carved_.size() || header.nextoffset < sizeof(Header) ||
      header.nextoffset > python_.pool_size) {
    return State::changing;
  }
  const std::uint32_t bytes = header.nextoffset - static_cast<std::uint32_t>(sizeof(Header));
  const std::uint32_t carved = bytes / block_size(header);
  if (bytes % block_size(header) != 0 || header.count > carved ||
      (header.freeblock == 0) != (header.count == carved)) {
    return State::changing;
  }
  return header.freeblock == 0 ? State::full : State::partial;
}

// All carved blocks into live_.
void PoolReader::mark_carved(const Header& header) {
  const std::vector<std::uint64_t>& all = carved_[header.szidx];
  const std::size_t whole = header.nextoffset / BlockSet::kWordSpan;
  std::copy_n(all.begin(), whole, live_.begin());
  std::fill(live_.begin() + static_cast<std::ptrdiff_t>(whole), live_.end(), 0);
  if (whole < live_.size()) {
    const std::uint64_t slots = header.nextoffset % BlockSet::kWordSpan / kSlot;
    live_[whole] = all[whole] & ((std::uint64_t{1} << slots) - 1);
  }
}

// Leaves the live blocks in live_. False when the free list leaves the pool, bites its tail, or is
// not as long as the header says.
bool PoolReader::unmark_free(std::uint64_t pool, const Header& header,
                             std::span<const std::byte> body) {
  mark_carved(header);
  std::uint32_t free_blocks =
      (header.nextoffset - static_cast<std::uint32_t>(sizeof(Header))) / block_size(header) -
      header.count;
  std::uint64_t next = header.freeblock;
  for (; next != 0 && free_blocks > 0; --free_blocks) {
    const std::uint64_t offset = next - pool;
    if (offset >= python_.pool_size || offset % kSlot != 0) {
      return false;
    }
    std::uint64_t& word = live_[offset / BlockSet::kWordSpan];
    const std::uint64_t bit = std::uint64_t{1} << (offset / kSlot % 64);
    if ((word & bit) == 0) {
      return false;  // no block begins there, or the list has been there before
    }
    word &= ~bit;
    std::memcpy(&next, body.data() + offset, sizeof(next));
  }
  return next == 0 && free_blocks == 0;
}

}  // namespace tmbpf
