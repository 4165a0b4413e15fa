// SPDX-License-Identifier: Apache-2.0
// Puts one snapshot into a pickle: see pickle_writer.h for what lies where.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "userspace/files/pickle/pickle_encoder.h"
#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// How often a trace of that weight is written.
inline std::uint64_t tuples_of(double weight) {
  return weight < 1.5 ? 1 : static_cast<std::uint64_t>(std::nearbyint(weight));
}

// Where the object with a given id lies in the memo, once it has been written.
class PickleMemo {
 public:
  explicit PickleMemo(std::size_t ids) : places_(ids, kAbsent) {}

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
  void put_addresses();
  template <typename Value>
  void put_column(std::string_view attribute, Value Trace::*member);
  void put_functions();
  void put_totals();
  void put_stretch(std::uint64_t first, std::uint64_t count);
  template <typename Id, typename Of, typename PutKey, typename PutObject>
  void put_groups(std::string_view attribute, PickleMemo& memo, Of of, PutKey put_key,
                  PutObject put_object);

  const Snapshot& snapshot_;
  const TracebackTable& table_;
  PickleForm form_;
  PickleEncoder encoder_;
  PickleMemo strings_;
  PickleMemo frames_;
  PickleMemo tracebacks_;
};

}  // namespace tmbpf
