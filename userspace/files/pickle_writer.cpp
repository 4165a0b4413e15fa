// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>
#include <variant>
#include <vector>

#include "userspace/files/pickle_attributes.h"
#include "userspace/files/pickle_encoder.h"
#include "userspace/files/pickle_names.h"
#include "userspace/model/wtf8.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// As CPython's pickler does (Lib/pickle.py, _BATCHSIZE), so that a reader's stack stays small.
constexpr std::size_t kBatchSize = 1000;

// More objects than a Python could hold in a list.
constexpr std::uint64_t kMostTuples = 1'000'000'000;

std::uint64_t tuples_of(double weight) {
  return weight < 1.5 ? 1 : static_cast<std::uint64_t>(std::nearbyint(weight));
}

void check_weights(const Snapshot& snapshot) {
  double tuples = 0;
  snapshot.traces().for_each(
      [&tuples](auto, auto, auto, double weight) { tuples += std::max(1.0, weight); });
  if (!(tuples <= static_cast<double>(kMostTuples))) {
    throw Error(fmt::format("cannot write a pickle: the snapshot stands for {:.0f} blocks, and a "
                            "pickle has a trace for each",
                            tuples),
                "Write a .pb.gz file, which keeps weights as they are.");
  }
}

// Where the object with a given id lies in the memo, once it has been written.
class Memo {
 public:
  explicit Memo(std::size_t ids) : places_(ids, kAbsent) {}

  PickleEncoder::MemoIndex& place(std::size_t id) { return places_[id]; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  static bool known(PickleEncoder::MemoIndex place) { return place != kAbsent; }

 private:
  static constexpr auto kAbsent = std::numeric_limits<PickleEncoder::MemoIndex>::max();
  std::vector<PickleEncoder::MemoIndex> places_;
};

class SnapshotPickler {
 public:
  SnapshotPickler(const Snapshot& snapshot, ByteSink& sink, PickleForm form)
      : snapshot_(snapshot),
        table_(snapshot.table()),
        form_(form),
        encoder_(sink),
        strings_(table_.string_count()),
        frames_(table_.frame_count()),
        tracebacks_(table_.traceback_count()) {}

  void write();

 private:
  void put_new_object(std::string_view class_name);
  void put_traces();
  void put_trace_list();
  void put_trace(const Trace& trace);
  void put_traceback(TracebackId id);
  void put_frame(FrameId id);
  void put_string(StringId id);
  void put_metadata();
  void put_value(const MetadataValue& value);
  void put_weights();
  void put_domains();
  void put_times();
  void put_functions();
  void put_totals();
  void put_stretch(std::uint64_t first, std::uint64_t count);
  template <typename Id, typename Of, typename PutKey, typename PutObject>
  void put_groups(std::string_view attribute, Memo& memo, Of of, PutKey put_key,
                  PutObject put_object);

  const Snapshot& snapshot_;
  const TracebackTable& table_;
  PickleForm form_;
  PickleEncoder encoder_;
  Memo strings_;
  Memo frames_;
  Memo tracebacks_;
};

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
  std::vector<const Metadata::value_type*> fields;
  for (const auto& field : snapshot_.metadata()) {
    if (const auto attribute = to_attribute(field.first, field.second)) {
      encoder_.put_text(attribute->name);
      pickle_json(attribute->value, encoder_);
    } else {
      fields.push_back(&field);
    }
  }
  if (fields.empty()) {
    return;
  }
  encoder_.put_text(kMetadataAttribute);
  encoder_.put(PickleOp::empty_dict);
  encoder_.put(PickleOp::mark);
  for (const auto* field : fields) {
    encoder_.put_text(to_wtf8(field->first));
    put_value(field->second);
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

void SnapshotPickler::put_stretch(std::uint64_t first, std::uint64_t count) {
  encoder_.put_unsigned(first);
  encoder_.put_unsigned(count);
}

void SnapshotPickler::put_weights() {
  std::uint64_t tuple = 0;
  bool any = false;
  snapshot_.traces().for_each([&](auto, auto, auto, double weight) {
    const std::uint64_t count = tuples_of(weight);
    if (weight != 1) {
      if (!any) {
        encoder_.put_text(kWeightsAttribute);
        encoder_.put(PickleOp::empty_list);
      }
      any = true;
      put_stretch(tuple, count);
      encoder_.put_float(weight);
      encoder_.put(PickleOp::tuple3);
      encoder_.put(PickleOp::append);
    }
    tuple += count;
  });
}

void SnapshotPickler::put_domains() {
  std::uint64_t tuple = 0;
  std::uint64_t first = 0;
  std::uint32_t current = 0;
  bool any = false;
  const auto end_stretch = [&] {
    if (current != 0) {
      if (!any) {
        encoder_.put_text(kDomainsAttribute);
        encoder_.put(PickleOp::empty_list);
      }
      any = true;
      put_stretch(first, tuple - first);
      encoder_.put_unsigned(current);
      encoder_.put(PickleOp::tuple3);
      encoder_.put(PickleOp::append);
    }
  };
  snapshot_.traces().for_each([&](std::uint32_t domain, auto, auto, double weight) {
    if (domain != current) {
      end_stretch();
      current = domain;
      first = tuple;
    }
    tuple += tuples_of(weight);
  });
  end_stretch();
}

void SnapshotPickler::put_times() {
  static_assert(std::endian::native == std::endian::little);
  const TraceList& traces = snapshot_.traces();
  if (std::none_of(traces.begin(), traces.end(),
                   [](const Trace& each) { return each.time != 0; })) {
    return;
  }
  encoder_.put_text(kTimesAttribute);
  encoder_.begin_bytes(traces.size() * sizeof(std::int64_t));
  for (const Trace& trace : traces) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(trace.time)>>(trace.time);
    encoder_.put_bytes_part({bytes.data(), bytes.size()});
  }
}

// Those objects of a memo, by what `of` says about them: nothing said, not written.
template <typename Id, typename Of, typename PutKey, typename PutObject>
void SnapshotPickler::put_groups(std::string_view attribute, Memo& memo, Of of, PutKey put_key,
                                 PutObject put_object) {
  std::vector<Id> ids;
  for (std::size_t i = 0; i < memo.size(); ++i) {
    if (Memo::known(memo.place(i)) && of(static_cast<Id>(i)) != decltype(of(Id{})){}) {
      ids.push_back(static_cast<Id>(i));
    }
  }
  if (ids.empty()) {
    return;
  }
  std::ranges::stable_sort(ids, {}, of);
  encoder_.put_text(attribute);
  encoder_.put(PickleOp::empty_dict);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == 0 || of(ids[i]) != of(ids[i - 1])) {
      put_key(of(ids[i]));
      encoder_.put(PickleOp::empty_list);
    }
    put_object(ids[i]);
    encoder_.put(PickleOp::append);
    if (i + 1 == ids.size() || of(ids[i]) != of(ids[i + 1])) {
      encoder_.put(PickleOp::set_item);
    }
  }
}

void SnapshotPickler::put_functions() {
  put_groups<FrameId>(
      kFunctionsAttribute, frames_, [&](FrameId id) { return table_.frame(id).function; },
      [&](StringId name) { put_string(name); }, [&](FrameId id) { put_frame(id); });
}

void SnapshotPickler::put_totals() {
  const auto total_if_cut = [&](TracebackId id) {
    const Traceback traceback = table_.traceback(id);
    return traceback.total_nframe == traceback.frames.size() ? 0U
                                                             : unsigned{traceback.total_nframe};
  };
  put_groups<TracebackId>(
      kTotalsAttribute, tracebacks_, total_if_cut,
      [&](unsigned total) { encoder_.put_unsigned(total); },
      [&](TracebackId id) { put_traceback(id); });
}

}  // namespace

void write_pickle(const Snapshot& snapshot, ByteSink& sink, PickleForm form) {
  check_weights(snapshot);
  SnapshotPickler(snapshot, sink, form).write();
}

void write_pickle(const Snapshot& snapshot, ByteSink& sink) {
  write_pickle(snapshot, sink, PickleForm::python_3_9);
}

}  // namespace tmbpf
