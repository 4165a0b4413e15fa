// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/traceback_table.h"

#include <algorithm>
#include <array>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

// splitmix64's finaliser: ids are small and dense, so their bits need spreading.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

std::size_t hash_content(std::span<const FrameId> frames, std::uint16_t total_nframe) {
  std::uint64_t hash = mix(total_nframe + 1ULL);
  for (const FrameId frame : frames) {
    hash = mix(hash + 0x9e3779b97f4a7c15ULL + to_index(frame));
  }
  return hash;
}

}  // namespace

std::size_t FrameHash::operator()(const Frame& frame) const {
  const std::uint64_t names = (std::uint64_t{static_cast<std::uint32_t>(frame.filename)} << 32U) |
                              static_cast<std::uint32_t>(frame.function);
  return mix(mix(names) + frame.lineno);
}

TracebackTable::TracebackTable() { add_string(""); }

StringId TracebackTable::add_string(std::string_view text) {
  // What is stored is valid, so a hit needs no check.
  if (const auto known = string_index_.find(text); known != string_index_.end()) {
    return known->second;
  }
  std::string valid = to_wtf8(text);
  if (const auto known = string_index_.find(valid); known != string_index_.end()) {
    return known->second;
  }
  const auto id = static_cast<StringId>(strings_.size());
  string_index_.emplace(strings_.emplace_back(std::move(valid)), id);
  return id;
}

FrameId TracebackTable::add_frame(const Frame& frame) {
  const auto id = static_cast<FrameId>(frames_.size());
  const auto [entry, added] = frame_index_.try_emplace(frame, id);
  if (added) {
    frames_.push_back(frame);
  }
  return entry->second;
}

TracebackId TracebackTable::add_traceback(std::span<const FrameId> most_recent_first,
                                          std::uint32_t total_nframe) {
  if (most_recent_first.empty()) {
    const std::array unknown{add_frame({.filename = add_string("<unknown>")})};
    return add_traceback(unknown, 1);
  }
  const auto frames =
      most_recent_first.first(std::min<std::size_t>(most_recent_first.size(), kMaxFrames));
  const auto length = static_cast<std::uint16_t>(frames.size());
  const auto total =
      static_cast<std::uint16_t>(std::clamp<std::uint32_t>(total_nframe, length, kMaxFrames));
  const std::size_t hash = hash_content(frames, total);
  const auto [first, last] = traceback_index_.equal_range(hash);
  for (auto candidate = first; candidate != last; ++candidate) {
    const Traceback known = traceback(candidate->second);
    if (known.total_nframe == total && std::ranges::equal(known.frames, frames)) {
      return candidate->second;
    }
  }
  const auto id = static_cast<TracebackId>(tracebacks_.size());
  tracebacks_.push_back(
      {.begin = traceback_frames_.size(), .length = length, .total_nframe = total});
  traceback_frames_.insert(traceback_frames_.end(), frames.begin(), frames.end());
  traceback_index_.emplace(hash, id);
  return id;
}

Traceback TracebackTable::traceback(TracebackId id) const {
  const Extent& extent = tracebacks_[to_index(id)];
  return {.frames = std::span(traceback_frames_).subspan(extent.begin, extent.length),
          .total_nframe = extent.total_nframe};
}

}  // namespace tmbpf
