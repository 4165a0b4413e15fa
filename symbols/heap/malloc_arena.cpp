// SPDX-License-Identifier: Apache-2.0
#include "symbols/heap/malloc_arena.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::size_t kLeastWindow = 4096;
constexpr std::size_t kMostWindow = 1U << 17U;
constexpr std::uint32_t kMostRetries = 256;
constexpr std::uint64_t kFence = 16;  // bytes

}  // namespace

MallocArena::MallocArena(const ProcessMemory& memory, const MallocPiece& piece,
                         std::function<std::uint64_t()> end)
    : memory_(memory), piece_(piece), end_(std::move(end)), window_(kMostWindow) {}

bool MallocArena::walk(std::vector<MallocChunk>& chunks, std::size_t most) {
  chunks_before_ = chunks.size();
  place_ = {.at = piece_.first, .before = {}, .chunks = chunks_before_};
  windows_.clear();
  window_size_ = 0;
  next_size_ = kLeastWindow;
  most_size_ = kMostWindow;
  retries_ = 0;
  for (;;) {
    const Step step = this->step(chunks);
    if (step == Step::last) {
      return true;
    }
    const bool too_many = chunks.size() > most;
    if (too_many || (step == Step::wrong && !end_moved() && !go_back(chunks))) {
      chunks.resize(chunks_before_);
      return false;
    }
  }
}

// From one header to the next; at the end what is known of the last chunk is left: it is the top.
MallocArena::Step MallocArena::step(std::vector<MallocChunk>& chunks) {
  if (place_.at == piece_.end && place_.before.size != 0) {
    return Step::last;
  }
  MallocHeader header;
  if (!read_header(header) || !fits(header)) {
    return Step::wrong;
  }
  if (header.size() == 0) {
    return Step::last;
  }
  const bool in_use = header.has(MallocHeader::kPrevInUse);
  if (!agrees(header)) {
    return Step::wrong;
  }
  if (in_use && place_.before.size >= MallocChunk::kLeast) {
    chunks.push_back(place_.before);
  }
  place_ = {.at = place_.at + header.size(),
            .before = {.address = place_.at, .size = header.size()},
            .before_not_main = header.has(MallocHeader::kNotMain),
            .before_in_use = in_use,
            .chunks = chunks.size()};
  return Step::next;
}

// A full piece that is not the last of its arena ends with two fenceposts, one of them empty.
bool MallocArena::fits(const MallocHeader& header) const {
  const std::uint64_t left = piece_.end - place_.at;
  const std::uint64_t size = header.size();
  const bool fence = !piece_.main && left <= 2 * kFence && size + kFence == left;
  return !header.has(MallocHeader::kMapped) &&
         !(piece_.main && header.has(MallocHeader::kNotMain)) &&
         size % MallocChunk::kAlignment == 0 && size <= left &&
         (size >= MallocChunk::kLeast || fence);
}

// With what is known of the chunk before.
bool MallocArena::agrees(const MallocHeader& header) const {
  const bool in_use = header.has(MallocHeader::kPrevInUse);
  if (place_.before.size == 0) {
    return in_use;  // so says the first
  }
  return in_use ? place_.before_not_main != piece_.main
                : header.prev_size == place_.before.size && place_.before_in_use;
}

bool MallocArena::read_header(MallocHeader& header) {
  if (place_.at < window_at_ || place_.at + sizeof(header) > window_at_ + window_size_) {
    if (!read_window(place_.at)) {
      return false;
    }
  }
  std::memcpy(&header, window_.data() + (place_.at - window_at_), sizeof(header));
  return true;
}

// Small chunks lie close together; of large ones only what holds the header is read.
bool MallocArena::read_window(std::uint64_t at) {
  const bool close = at - window_at_ < 2 * window_size_;
  next_size_ = close ? std::min(2 * next_size_, most_size_) : kLeastWindow;
  window_at_ = at;
  window_size_ = std::min<std::uint64_t>(next_size_, piece_.end - at);
  if (window_size_ < sizeof(MallocHeader) ||
      !memory_.read(at, std::span(window_).first(window_size_))) {
    window_size_ = 0;
    return false;
  }
  windows_.push_back(place_);
  return true;
}

bool MallocArena::end_moved() {
  const std::uint64_t end = end_();
  if (end == piece_.end || end < place_.at || ++retries_ > kMostRetries) {
    return false;
  }
  piece_.end = end;
  window_size_ = 0;
  return true;
}

bool MallocArena::go_back(std::vector<MallocChunk>& chunks) {
  if (++retries_ > kMostRetries || piece_.end < piece_.first) {
    return false;
  }
  most_size_ = std::max(most_size_ / 2, kLeastWindow);  // changes less while it is read
  const std::size_t back = std::min<std::size_t>(retries_, windows_.size());
  if (back != 0) {
    place_ = windows_[windows_.size() - back];
    windows_.resize(windows_.size() - back);
  }
  if (back == 0 || place_.at >= piece_.end) {
    place_ = {.at = piece_.first, .before = {}, .chunks = chunks_before_};
    windows_.clear();
  }
  chunks.resize(place_.chunks);
  window_size_ = 0;
  return true;
}

}  // namespace tmbpf
