// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle_writer.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "userspace/files/pickle_encoder.h"
#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

// As CPython's pickler does (Lib/pickle.py, _BATCHSIZE), so that a reader's stack stays small.
constexpr std::size_t kBatchSize = 1000;

// Where the object with a given id lies in the memo, once it has been written.
class Memo {
 public:
  explicit Memo(std::size_t ids) : places_(ids, kAbsent) {}

  PickleEncoder::MemoIndex& place(std::size_t id) { return places_[id]; }
  static bool known(PickleEncoder::MemoIndex place) { return place != kAbsent; }

 private:
  static constexpr auto kAbsent = std::numeric_limits<PickleEncoder::MemoIndex>::max();
  std::vector<PickleEncoder::MemoIndex> places_;
};

class SnapshotPickler {
 public:
  SnapshotPickler(const Snapshot& snapshot, ByteSink& sink)
      : snapshot_(snapshot),
        table_(snapshot.table()),
        encoder_(sink),
        strings_(table_.string_count()),
        frames_(table_.frame_count()),
        tracebacks_(table_.traceback_count()) {}

  void write();

 private:
  void put_new_object(std::string_view class_name);
  void put_traces();
  void put_trace(const Trace& trace);
  void put_traceback(TracebackId id);
  void put_frame(FrameId id);
  void put_string(StringId id);
  void put_metadata();
  void put_value(const MetadataValue& value);

  const Snapshot& snapshot_;
  const TracebackTable& table_;
  PickleEncoder encoder_;
  Memo strings_;
  Memo frames_;
  Memo tracebacks_;
};

void SnapshotPickler::write() {
  put_new_object("Snapshot");
  encoder_.put(PickleOp::empty_dict);
  encoder_.put(PickleOp::mark);
  encoder_.put_text("traces");
  put_traces();
  encoder_.put_text("traceback_limit");
  encoder_.put_unsigned(snapshot_.traceback_limit());
  if (!snapshot_.metadata().empty()) {
    encoder_.put_text("tmbpf");
    put_metadata();
  }
  encoder_.put(PickleOp::set_items);
  encoder_.put(PickleOp::build);
  encoder_.finish();
}

void SnapshotPickler::put_new_object(std::string_view class_name) {
  encoder_.put_text("tracemalloc");
  encoder_.put_text(class_name);
  encoder_.put(PickleOp::stack_global);
  encoder_.put(PickleOp::empty_tuple);
  encoder_.put(PickleOp::new_object);
}

void SnapshotPickler::put_traces() {
  put_new_object("_Traces");
  encoder_.put(PickleOp::empty_dict);
  encoder_.put(PickleOp::mark);
  encoder_.put_text("_traces");
  encoder_.put(PickleOp::empty_list);
  const TraceList& traces = snapshot_.traces();
  for (std::size_t first = 0; first < traces.size(); first += kBatchSize) {
    encoder_.put(PickleOp::mark);
    for (std::size_t i = first; i < std::min(first + kBatchSize, traces.size()); ++i) {
      put_trace(traces[i]);
    }
    encoder_.put(PickleOp::appends);
  }
  encoder_.put(PickleOp::set_items);
  encoder_.put(PickleOp::build);
}

void SnapshotPickler::put_trace(const Trace& trace) {
  encoder_.put(PickleOp::mark);
  encoder_.put_unsigned(trace.domain);
  encoder_.put_unsigned(trace.size);
  put_traceback(trace.traceback);
  encoder_.put_unsigned(table_.traceback(trace.traceback).total_nframe);
  encoder_.put(PickleOp::tuple);
}

void SnapshotPickler::put_traceback(TracebackId id) {
  PickleEncoder::MemoIndex& place = tracebacks_.place(to_index(id));
  if (Memo::known(place)) {
    encoder_.put_memoized(place);
    return;
  }
  encoder_.put(PickleOp::mark);
  for (const FrameId frame : table_.traceback(id).frames) {
    put_frame(frame);
  }
  encoder_.put(PickleOp::tuple);
  place = encoder_.memoize();
}

void SnapshotPickler::put_frame(FrameId id) {
  PickleEncoder::MemoIndex& place = frames_.place(to_index(id));
  if (Memo::known(place)) {
    encoder_.put_memoized(place);
    return;
  }
  const Frame frame = table_.frame(id);
  put_string(frame.filename);
  encoder_.put_unsigned(frame.lineno);
  encoder_.put(PickleOp::tuple2);
  place = encoder_.memoize();
}

void SnapshotPickler::put_string(StringId id) {
  PickleEncoder::MemoIndex& place = strings_.place(to_index(id));
  if (Memo::known(place)) {
    encoder_.put_memoized(place);
    return;
  }
  encoder_.put_text(table_.string(id));
  place = encoder_.memoize();
}

void SnapshotPickler::put_metadata() {
  encoder_.put(PickleOp::empty_dict);
  encoder_.put(PickleOp::mark);
  for (const auto& [key, value] : snapshot_.metadata()) {
    encoder_.put_text(to_wtf8(key));
    put_value(value);
  }
  encoder_.put(PickleOp::set_items);
}

void SnapshotPickler::put_value(const MetadataValue& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    encoder_.put_signed(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    encoder_.put_float(*real);
  } else {
    encoder_.put_text(to_wtf8(std::get<std::string>(value)));
  }
}

}  // namespace

void write_pickle(const Snapshot& snapshot, ByteSink& sink) {
  SnapshotPickler(snapshot, sink).write();
}

}  // namespace tmbpf
