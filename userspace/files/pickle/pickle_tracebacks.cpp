// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_tracebacks.h"

#include <limits>

namespace tmbpf {
namespace {

constexpr auto kUnknown = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kBytesPerTraceback = 96;  // with its entry in the table's index
constexpr std::uint64_t kBytesPerFrame = 8;

}  // namespace

PickleTracebacks::PickleTracebacks(PickleHeap& heap, TracebackTable& table)
    : heap_(heap),
      table_(table),
      strings_(heap.string_count(), StringId{kUnknown}),
      ids_(heap.traceback_count(), TracebackId{kUnknown}) {}

void PickleTracebacks::set_function(std::uint64_t frame, std::uint64_t string) {
  functions_.resize(heap_.frame_count(), kUnknown);
  functions_[frame] = static_cast<std::uint32_t>(string);
}

TracebackId PickleTracebacks::id(std::uint32_t traceback) {
  TracebackId& id = ids_[traceback];
  if (id == TracebackId{kUnknown}) {
    const PickleTraceback& source = heap_.traceback(traceback);
    memory_ += kBytesPerTraceback + kBytesPerFrame * source.length;
    frames_.clear();
    for (const std::uint32_t frame : heap_.frames_of(source)) {
      frames_.push_back(frame_id(frame));
    }
    const std::uint32_t total = source.total_nframe != 0 ? source.total_nframe : source.length;
    id = table_.add_traceback(frames_, total);
  }
  return id;
}

FrameId PickleTracebacks::frame_id(std::uint32_t frame) {
  const PickleFrame source = heap_.frame(frame);
  const bool named = !functions_.empty() && functions_[frame] != kUnknown;
  return table_.add_frame({.filename = string_id(source.filename),
                           .lineno = source.lineno,
                           .function = named ? string_id(functions_[frame]) : kEmptyString});
}

StringId PickleTracebacks::string_id(std::uint64_t string) {
  StringId& id = strings_[string];
  if (id == StringId{kUnknown}) {
    id = table_.add_string(heap_.string(string));
  }
  return id;
}

}  // namespace tmbpf
