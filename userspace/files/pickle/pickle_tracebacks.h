// SPDX-License-Identifier: Apache-2.0
// The tracebacks of a pickle in a TracebackTable: each put there when it is first asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "userspace/files/pickle/pickle_heap.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf {

class PickleTracebacks {
 public:
  // Both must outlive this.
  PickleTracebacks(PickleHeap& heap, TracebackTable& table);

  // Before the first id(): the function of that frame of the heap, which is one object of the
  // pickle; an equal one may have another function.
  void set_function(std::uint64_t frame, std::uint64_t string);

  TracebackId id(std::uint32_t traceback);
  // Bytes that the table grew by, at most.
  [[nodiscard]] std::uint64_t memory() const { return memory_; }

 private:
  FrameId frame_id(std::uint32_t frame);
  StringId string_id(std::uint64_t string);

  PickleHeap& heap_;
  TracebackTable& table_;
  std::vector<StringId> strings_;
  std::vector<TracebackId> ids_;
  std::vector<std::uint32_t> functions_;  // strings; empty when no frame has one
  std::vector<FrameId> frames_;           // of the traceback being added
  std::uint64_t memory_ = 0;
};

}  // namespace tmbpf
