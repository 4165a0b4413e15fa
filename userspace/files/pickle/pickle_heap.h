// SPDX-License-Identifier: Apache-2.0
// The objects of a pickle being read: what a PickleValue points to. Made for tracemalloc's: a
// trace costs 16 bytes here, a list of traces made in their order nothing more; a frame 8, a
// traceback 24 and 4 for each frame. Nothing is freed before the end, except traces.
//
//   frames      #0 ('app.py', 10)   #1 ('app.py', 42)      as often as the pickle makes them
//   tracebacks  #0 (#1, #0)   #1 (#0)
//   traces      #0 (0, 64, #0)   #1 (0, 100, #1)   #2 (0, 32, #0)
//   list        runs [#0 to #2]
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "userspace/files/pickle/pickle_value.h"

namespace tmbpf {

// The only globals that a pickle may name.
enum class PickleGlobal : std::uint8_t { snapshot, traces, reconstructor, object };

struct PickleFrame {
  std::uint32_t filename = 0;  // string
  std::uint32_t lineno = 0;
};

struct PickleTraceback {
  std::uint64_t begin = 0;  // in the heap's list of frames
  std::uint32_t length = 0;
  std::uint32_t total_nframe = 0;  // 0: not given
  bool used = false;               // by a trace, so that total_nframe is settled
};

struct PickleTrace {
  std::uint32_t domain = 0;
  std::uint32_t traceback = 0;
  std::uint64_t size = 0;

  bool operator==(const PickleTrace&) const = default;
};

struct PickleList {
  // Traces `first`, `first` + 1, ...; or, repeated, always `first`.
  struct Run {
    std::uint64_t first : 63;
    std::uint64_t repeated : 1;
    std::uint64_t count;
  };

  std::vector<Run> runs;  // while there are only traces in the list
  std::vector<PickleValue> items;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  // in the file, of what made it
};

struct PickleDict {
  std::vector<std::pair<PickleValue, PickleValue>> items;  // as set; a later one of a key counts
  std::uint64_t offset = 0;
};

struct PickleInstance {
  PickleGlobal of = PickleGlobal::snapshot;
  PickleValue state;  // absent: never set
  std::uint64_t offset = 0;
};

class PickleHeap {
 public:
  PickleHeap();

  PickleValue add_integer(std::int64_t value);
  // Two's complement, little-endian, of any length.
  PickleValue add_integer(std::string_view bytes);
  PickleValue add_real(double value);
  // `kind`: text (valid WTF-8) or bytes.
  PickleValue add_string(PickleKind kind, std::string value);
  // Of kind frame, traceback, trace or, when it is none of them, tuple.
  PickleValue add_tuple(std::span<const PickleValue> items, std::uint64_t offset);
  PickleValue add_list(std::uint64_t offset);
  PickleValue add_dict(std::uint64_t offset);
  PickleValue add_instance(PickleGlobal of, std::uint64_t offset);
  void append(PickleValue list, std::span<const PickleValue> items);
  // keys and values in turn.
  void set_items(PickleValue dict, std::span<const PickleValue> items);
  PickleInstance& instance(PickleValue value) { return instances_[value.payload()]; }

  // Nothing when it is no integer or does not fit.
  [[nodiscard]] std::optional<std::int64_t> integer(PickleValue value) const;
  // Of a long_integer, as add_integer() got it.
  [[nodiscard]] const std::string& integer_bytes(PickleValue value) const;
  [[nodiscard]] double real(PickleValue value) const { return reals_[value.payload()]; }
  [[nodiscard]] const std::string& string(std::uint64_t index) const { return strings_[index]; }
  [[nodiscard]] std::size_t string_count() const { return strings_.size(); }
  [[nodiscard]] const PickleList& list(PickleValue value) const { return lists_[value.payload()]; }
  [[nodiscard]] const PickleDict& dict(PickleValue value) const { return dicts_[value.payload()]; }
  [[nodiscard]] PickleFrame frame(std::uint64_t index) const { return frames_[index]; }
  [[nodiscard]] std::size_t frame_count() const { return frames_.size(); }
  [[nodiscard]] PickleTraceback& traceback(std::uint64_t index) { return tracebacks_[index]; }
  [[nodiscard]] std::size_t traceback_count() const { return tracebacks_.size(); }
  // Indexes of frames.
  [[nodiscard]] std::span<const std::uint32_t> frames_of(const PickleTraceback& traceback) const;
  [[nodiscard]] PickleTrace trace(std::uint64_t index) const { return traces_[index - released_]; }
  // Fields of the tuple that the trace was: 2 to 4.
  [[nodiscard]] unsigned fields_of_trace(std::uint64_t index) const;
  // The first trace after this one whose tuple had another number of fields.
  [[nodiscard]] std::uint64_t next_change_of_fields(std::uint64_t index) const;
  // Gives back the memory of the traces before this one.
  void release_traces_before(std::uint64_t index);

  // The items of a tuple of any kind or of a list.
  [[nodiscard]] std::vector<PickleValue> items(PickleValue value) const;
  // How many they are.
  [[nodiscard]] std::uint64_t size(PickleValue value) const;
  // The value of a text key; absent when the dict has no such key.
  [[nodiscard]] PickleValue find(PickleValue dict, std::string_view key) const;
  // In the file, of a container or instance; 0 when not known.
  [[nodiscard]] std::uint64_t offset(PickleValue value) const;

  // Bytes, roughly.
  [[nodiscard]] std::uint64_t memory() const;

 private:
  struct Tuple {
    std::uint64_t begin = 0;  // in tuple_items_
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
  };
  // From the trace `first` on, all had that many fields.
  struct Arity {
    std::uint64_t first = 0;
    unsigned fields = 0;
  };

  std::optional<PickleValue> frame_of(std::span<const PickleValue> items);
  std::optional<PickleValue> traceback_of(std::span<const PickleValue> items);
  std::optional<PickleValue> trace_of(std::span<const PickleValue> items);
  std::uint32_t with_total(std::uint32_t traceback, std::uint32_t total_nframe);
  std::vector<PickleValue> trace_items(std::uint64_t index) const;
  static void append_trace(PickleList& list, std::uint64_t trace);
  void make_general(PickleList& list);

  std::deque<std::string> strings_;
  std::vector<std::string> long_integers_;
  std::vector<double> reals_;
  std::vector<PickleValue> tuple_items_;
  std::vector<Tuple> tuples_;
  std::deque<PickleList> lists_;
  std::deque<PickleDict> dicts_;
  std::vector<PickleInstance> instances_;
  std::vector<PickleFrame> frames_;
  std::vector<std::uint32_t> traceback_frames_;
  std::vector<PickleTraceback> tracebacks_;
  // A traceback that occurs with several totals: (traceback, total) -> the traceback for it.
  std::unordered_map<std::uint64_t, std::uint32_t> variants_;
  std::deque<PickleTrace> traces_;
  std::vector<Arity> arities_;
  std::uint64_t released_ = 0;     // traces
  std::uint64_t item_memory_ = 0;  // of lists and dicts
  std::uint64_t string_memory_ = 0;
};

}  // namespace tmbpf
