// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/snapshot_pickler.h"

#include "userspace/files/pickle/pickle_names.h"

namespace tmbpf {
namespace {

// As CPython's pickler does (Lib/pickle.py, _BATCHSIZE), so that a reader's stack stays small.
constexpr std::size_t kBatchSize = 1000;

}  // namespace

void SnapshotPickler::write() {
  put_new_object("Snapshot");
  encoder_.put(PickleOp::empty_dict);
  encoder_.put(PickleOp::mark);
  encoder_.put_text(kTracesAttribute);
  put_traces();
  encoder_.put_text(kLimitAttribute);
  encoder_.put_unsigned(snapshot_.traceback_limit());
  put_metadata();
  put_weights();
  put_times();
  put_addresses();
  put_functions();
  if (form_ != PickleForm::python_3_9) {
    put_totals();
  }
  if (form_ == PickleForm::python_3_4) {
    put_domains();
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
  encoder_.put_text(kTraceListAttribute);
  encoder_.put(PickleOp::empty_list);
  put_trace_list();
  encoder_.put(PickleOp::set_items);
  encoder_.put(PickleOp::build);
}

void SnapshotPickler::put_trace_list() {
  std::uint64_t tuples = 0;
  const auto begin_tuple = [&] {
    if (tuples % kBatchSize == 0) {
      if (tuples != 0) {
        encoder_.put(PickleOp::appends);
      }
      encoder_.put(PickleOp::mark);
    }
    ++tuples;
  };
  for (const Trace& trace : snapshot_.traces()) {
    begin_tuple();
    put_trace(trace);
    const std::uint64_t count = tuples_of(trace.weight);
    if (count > 1) {
      const PickleEncoder::MemoIndex place = encoder_.memoize();
      for (std::uint64_t i = 1; i < count; ++i) {
        begin_tuple();
        encoder_.put_memoized(place);
      }
    }
  }
  if (tuples != 0) {
    encoder_.put(PickleOp::appends);
  }
}

void SnapshotPickler::put_trace(const Trace& trace) {
  if (form_ == PickleForm::python_3_9) {
    encoder_.put(PickleOp::mark);
  }
  if (form_ != PickleForm::python_3_4) {
    encoder_.put_unsigned(trace.domain);
  }
  encoder_.put_unsigned(trace.size);
  put_traceback(trace.traceback);
  if (form_ == PickleForm::python_3_9) {
    encoder_.put_unsigned(table_.traceback(trace.traceback).total_nframe);
    encoder_.put(PickleOp::tuple);
  } else {
    encoder_.put(form_ == PickleForm::python_3_6 ? PickleOp::tuple3 : PickleOp::tuple2);
  }
}

void SnapshotPickler::put_traceback(TracebackId id) {
  PickleEncoder::MemoIndex& place = tracebacks_.place(to_index(id));
  if (PickleMemo::known(place)) {
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
  if (PickleMemo::known(place)) {
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
  if (PickleMemo::known(place)) {
    encoder_.put_memoized(place);
    return;
  }
  encoder_.put_text(table_.string(id));
  place = encoder_.memoize();
}

}  // namespace tmbpf
