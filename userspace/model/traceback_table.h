// SPDX-License-Identifier: Apache-2.0
// Strings, frames and tracebacks, each stored once and named by an id.
//
// A snapshot of three blocks, two of them from one line (ids as #n):
//
//   strings     #0 ""   #1 "app.py"   #2 "main"   #3 "load"
//   frames      #0 (app.py, 10, main)   #1 (app.py, 42, load)
//   tracebacks  #0 [#1, #0] total 2     #1 [#0] total 1        (most recent frame first)
//   traces      (64 B, #0)   (32 B, #0)   (100 B, #1)          (in Snapshot)
//
// The table only grows, so ids stay good and several snapshots may share one table (the traces
// of the next second name the same stacks). Not synchronised: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "userspace/model/frame.h"
#include "userspace/model/ids.h"
#include "userspace/model/traceback.h"

namespace tmbpf {

class ContentIndex;

struct FrameHash {
  std::size_t operator()(const Frame& frame) const;
};

class TracebackTable {
 public:
  TracebackTable();
  // The string index points into the table itself; share it by pointer.
  TracebackTable(const TracebackTable&) = delete;
  TracebackTable& operator=(const TracebackTable&) = delete;
  TracebackTable(TracebackTable&&) = delete;
  TracebackTable& operator=(TracebackTable&&) = delete;
  ~TracebackTable();

  // Any bytes; stored as WTF-8 (see to_wtf8).
  StringId add_string(std::string_view text);
  FrameId add_frame(const Frame& frame);
  // Keeps the kMaxFrames most recent frames and counts at most that many. No frame at all gives
  // tracemalloc's traceback for "no Python code": the one frame ("<unknown>", 0).
  TracebackId add_traceback(std::span<const FrameId> most_recent_first, std::uint32_t total_nframe);

  // Valid as long as the table.
  [[nodiscard]] std::string_view string(StringId id) const { return strings_[to_index(id)]; }
  [[nodiscard]] Frame frame(FrameId id) const { return frames_[to_index(id)]; }
  [[nodiscard]] Traceback traceback(TracebackId id) const;

  [[nodiscard]] std::size_t string_count() const { return strings_.size(); }
  [[nodiscard]] std::size_t frame_count() const { return frames_.size(); }
  [[nodiscard]] std::size_t traceback_count() const { return tracebacks_.size(); }

 private:
  struct Extent {
    std::size_t begin = 0;  // in traceback_frames_
    std::uint16_t length = 0;
    std::uint16_t total_nframe = 0;
  };

  std::deque<std::string> strings_;  // a deque: string_index_ refers to its elements
  std::unordered_map<std::string_view, StringId> string_index_;
  std::vector<Frame> frames_;
  std::unique_ptr<ContentIndex> frame_index_;
  std::vector<FrameId> traceback_frames_;  // of all tracebacks, one after the other
  std::vector<Extent> tracebacks_;
  std::unique_ptr<ContentIndex> traceback_index_;
};

}  // namespace tmbpf
