// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/json/json_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace tmbpf {
namespace {

constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();
constexpr const char* kTracebackForm = "[total_nframe, [frame, ...]]";

}  // namespace

// Of `count` earlier rows.
std::size_t JsonRows::index(const JsonValue& value, std::size_t count, const char* what) const {
  if (count == 0) {
    events_.refuse(description(value), fmt::format("no {}, as there is none", what));
  }
  return events_.whole(value, 0, count - 1, fmt::format("the number of a {}", what));
}

void JsonRows::begin_frame() {
  item_ = 0;
  frame_ = {};
}

void JsonRows::take_frame_item(const JsonValue& value) {
  if (item_ == 0) {
    frame_.filename = snapshot_.add_string(events_.text(value, "a file's name"));
  } else if (item_ == 1) {
    frame_.lineno = static_cast<std::uint32_t>(events_.whole(value, 0, kMost32, "a line"));
  } else if (item_ == 2) {
    frame_.function = snapshot_.add_string(events_.text(value, "a function's name"));
  } else {
    events_.refuse(description(value), "the end of the frame");
  }
  ++item_;
}

void JsonRows::end_frame() {
  if (item_ < 2) {
    events_.refuse_end("a frame", "[file, line] or [file, line, function]");
  }
  frames_.push_back(snapshot_.add_frame(frame_.filename, frame_.lineno, frame_.function));
}

void JsonRows::begin_traceback() {
  item_ = 0;
  stack_.clear();
}

void JsonRows::take_traceback_item(const JsonValue& value) {
  if (item_ != 0) {
    events_.refuse(description(value), item_ == 1 ? "the list of frames" : "the traceback's end");
  }
  total_nframe_ = static_cast<std::uint32_t>(events_.whole(value, 1, kMaxFrames, "total_nframe"));
  ++item_;
}

void JsonRows::take_stack_item(const JsonValue& value) {
  if (stack_.size() == total_nframe_) {
    events_.refuse(description(value), fmt::format("no more frames than the {} in total, "
                                                   "the number before",
                                                   total_nframe_));
  }
  stack_.push_back(frames_[index(value, frames_.size(), "frame")]);
}

void JsonRows::end_traceback() {
  if (item_ != 2) {
    events_.refuse_end("a traceback", kTracebackForm);
  }
  if (stack_.empty()) {
    events_.refuse_end("a traceback without frames", kTracebackForm);
  }
  tracebacks_.push_back(snapshot_.add_traceback(stack_, total_nframe_));
}

void JsonRows::take_replicate(const JsonValue& value) {
  if (item_ == kReplicates) {
    events_.refuse(description(value), "the end of the replicates");
  }
  const auto weight = static_cast<float>(number(value));
  if (!std::isfinite(weight) || weight < 0) {
    events_.refuse(description(value), "a weight from 0 up");
  }
  row_[item_++] = weight;
}

void JsonRows::end_replicates() {
  if (item_ != kReplicates) {
    events_.refuse_end("replicates", fmt::format("{} weights", kReplicates));
  }
  replicates_.push_back(snapshot_.add_replicates(row_));
}

void JsonRows::begin_trace() {
  item_ = 0;
  trace_ = {};
}

void JsonRows::take_trace_item(const JsonValue& value) {
  switch (item_++) {
    case 0:
      trace_.traceback = tracebacks_[index(value, tracebacks_.size(), "traceback")];
      return;
    case 1:
      trace_.size = events_.whole(value, 0, kMost64, "a size");
      return;
    case 2:
      trace_.domain = static_cast<std::uint32_t>(events_.whole(value, 0, kMost32, "a domain"));
      return;
    case 3:
      trace_.weight = weight(value);
      return;
    case 4:
      trace_.time = events_.signed_whole(value, "a time in nanoseconds");
      return;
    case 5:
      trace_.address = events_.whole(value, 0, kMost64, "an address");
      return;
    case 6:
      trace_.replicates = replicates_[index(value, replicates_.size(), "row of replicates")];
      return;
    default:
      events_.refuse(description(value), "the end of the trace");
  }
}

// -1 where it is none from 0 up.
double JsonRows::number(const JsonValue& value) {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    return static_cast<double>(*whole);
  }
  const auto* real = std::get_if<double>(&value);
  return real != nullptr ? *real : -1;
}

double JsonRows::weight(const JsonValue& value) const {
  const double weight = number(value);
  if (!std::isfinite(weight) || weight <= 0) {
    events_.refuse(description(value), "a weight above 0");
  }
  return weight;
}

void JsonRows::end_trace() {
  if (item_ < 2) {
    events_.refuse_end("a trace",
                       "[traceback, size, domain, weight, time, address, replicates], "
                       "the last five as far as needed");
  }
  snapshot_.add_trace(trace_);
}

}  // namespace tmbpf
