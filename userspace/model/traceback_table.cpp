// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/traceback_table.h"

#include <algorithm>
#include <array>
#include <functional>

#include "userspace/model/content_index.h"
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
  const std::string_view bytes(reinterpret_cast<const char*>(frames.data()), frames.size_bytes());
  return mix(std::hash<std::string_view>()(bytes) + total_nframe);
}

}  // namespace

std::size_t FrameHash::operator()(const Frame& frame) const {
  const std::uint64_t names = (std::uint64_t{static_cast<std::uint32_t>(frame.filename)} << 32U) |
                              static_cast<std::uint32_t>(frame.function);
  return mix(mix(names) + frame.lineno);
}

TracebackTable::TracebackTable()
    : frame_index_(std::make_unique<ContentIndex>()),
      traceback_index_(std::make_unique<ContentIndex>()) {
  add_string("");
}

TracebackTable::~TracebackTable() = default;

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
  const std::size_t hash = FrameHash()(frame);
  const auto is_it = [&](std::uint32_t number) { return frames_[number] == frame; };
  if (const auto known = frame_index_->find(hash, is_it)) {
    return FrameId{*known};
  }
  frame_index_->add(hash);
  frames_.push_back(frame);
  return static_cast<FrameId>(frames_.size() - 1);
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
  const auto is_it = [&](std::uint32_t number) {
    const Traceback known = traceback(TracebackId{number});
    return known.total_nframe == total && std::ranges::equal(known.frames, frames);
  };
  if (const auto known = traceback_index_->find(hash, is_it)) {
    return TracebackId{*known};
  }
  const auto id = static_cast<TracebackId>(tracebacks_.size());
  tracebacks_.push_back(
      {.begin = traceback_frames_.size(), .length = length, .total_nframe = total});
  traceback_frames_.insert(traceback_frames_.end(), frames.begin(), frames.end());
  traceback_index_->add(hash);
  return id;
}

Traceback TracebackTable::traceback(TracebackId id) const {
  const Extent& extent = tracebacks_[to_index(id)];
  return {.frames = std::span(traceback_frames_).subspan(extent.begin, extent.length),
          .total_nframe = extent.total_nframe};
}

}  // namespace tmbpf
