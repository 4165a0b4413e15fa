// SPDX-License-Identifier: Apache-2.0
// The frames, tracebacks, replicates and traces of a snapshot as JSON: each a row of items, which
// come one by one. The rows refer to earlier ones by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "userspace/files/json/json_events.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Everything throws Error, at the place where `events` stand, for what does not fit the layout.
class JsonRows {
 public:
  // Both must outlive this.
  JsonRows(const JsonEvents& events, Snapshot& snapshot) : events_(events), snapshot_(snapshot) {}

  void begin_frame();
  // Whether the next item is a name.
  [[nodiscard]] bool at_name() const { return item_ == 0 || item_ == 2; }
  void take_frame_item(const JsonValue& value);
  void end_frame();

  void begin_traceback();
  // Whether the next item is the list of frames, whose items take_stack_item() gets.
  [[nodiscard]] bool at_stack() const { return item_ == 1; }
  void take_traceback_item(const JsonValue& value);
  void take_stack_item(const JsonValue& value);
  void end_stack() { ++item_; }
  void end_traceback();

  void begin_replicates() { item_ = 0; }
  void take_replicate(const JsonValue& value);
  void end_replicates();

  void begin_trace();
  void take_trace_item(const JsonValue& value);
  void end_trace();

 private:
  [[nodiscard]] std::size_t index(const JsonValue& value, std::size_t count,
                                  const char* what) const;
  [[nodiscard]] double weight(const JsonValue& value) const;
  [[nodiscard]] static double number(const JsonValue& value);

  const JsonEvents& events_;
  Snapshot& snapshot_;
  std::size_t item_ = 0;  // of the row
  Frame frame_;
  std::uint32_t total_nframe_ = 0;
  std::vector<FrameId> stack_;
  Replicates row_{};
  Trace trace_;
  // By the numbers that they have in the file.
  std::vector<FrameId> frames_;
  std::vector<TracebackId> tracebacks_;
  std::vector<std::uint32_t> replicates_;
};

}  // namespace tmbpf
