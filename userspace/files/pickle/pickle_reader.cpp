// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "userspace/files/pickle/pickle_attributes.h"
#include "userspace/files/pickle/pickle_decoder.h"
#include "userspace/files/pickle/pickle_names.h"
#include "userspace/files/pickle/pickle_stats.h"
#include "userspace/files/pickle/pickle_traces.h"

namespace tmbpf {
namespace {

// From protocol 2 on; then protocols 0 and 1: an instance, and a dict (two).
constexpr std::array<std::string_view, 7> kBeginnings{
    "\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05", "ccopy", "(dp", "}q"};

bool is_field_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
}

class SnapshotReader {
 public:
  SnapshotReader(PickleHeap& heap, const PickleInput& input, Snapshot& snapshot,
                 TracebackTable& table)
      : heap_(heap), input_(input), snapshot_(snapshot), tracebacks_(heap, table) {}

  void read(PickleValue root);

 private:
  // The attributes of an instance of that class.
  PickleValue state_of(PickleValue instance, PickleGlobal of, std::string_view name);
  void read_limit(PickleValue state);
  void read_metadata(PickleValue state);
  void read_functions(PickleValue functions);
  void read_totals(PickleValue totals);
  void read_traces(PickleValue state);
  [[noreturn]] void fail(PickleValue value, std::string_view what) const {
    input_.fail(heap_.offset(value), what);
  }

  PickleHeap& heap_;
  const PickleInput& input_;
  Snapshot& snapshot_;
  PickleTracebacks tracebacks_;
};

void SnapshotReader::read(PickleValue root) {
  const PickleValue state = state_of(root, PickleGlobal::snapshot, "the pickle");
  read_limit(state);
  read_metadata(state);
  read_functions(heap_.find(state, kFunctionsAttribute));
  read_totals(heap_.find(state, kTotalsAttribute));
  read_traces(state);
}

PickleValue SnapshotReader::state_of(PickleValue instance, PickleGlobal of, std::string_view name) {
  const std::string_view expected =
      of == PickleGlobal::snapshot ? "a tracemalloc.Snapshot" : "a tracemalloc._Traces";
  if (!instance.is(PickleKind::instance)) {
    fail(instance,
         fmt::format("{}: expected {}, found {}", name, expected, kind_name(instance.kind())));
  }
  const PickleInstance& object = heap_.instance(instance);
  if (object.of != of || object.state.is(PickleKind::absent)) {
    fail(instance, fmt::format("{}: expected {}, found {}", name, expected,
                               object.of == of ? "one without attributes" : "the other class"));
  }
  return object.state;
}

void SnapshotReader::read_limit(PickleValue state) {
  const PickleValue limit = heap_.find(state, kLimitAttribute);
  const auto number = heap_.integer(limit);
  if (!number || *number < 0 || *number > kMaxFrames) {
    fail(state,
         fmt::format("traceback_limit of the snapshot: expected 1 to {}, found {}", kMaxFrames,
                     number ? std::to_string(*number) : kind_name(limit.kind())));
  }
  snapshot_.set_traceback_limit(static_cast<std::uint32_t>(*number));
}

void SnapshotReader::read_metadata(PickleValue state) {
  PickleAttributes attributes(heap_, input_, snapshot_);
  for (const auto& [key, value] : heap_.dict(state).items) {
    if (!key.is(PickleKind::text)) {
      fail(state, fmt::format("the snapshot's attributes: expected names, found {}",
                              kind_name(key.kind())));
    }
    const std::string& name = heap_.string(key.payload());
    if (!is_own_attribute(name)) {
      attributes.add_attribute(name, value);
    }
  }
  const PickleValue fields = heap_.find(state, kMetadataAttribute);
  if (fields.is(PickleKind::absent)) {
    return;
  }
  if (!fields.is(PickleKind::dict)) {
    fail(state, fmt::format("attribute {}: expected a dict, found {}", kMetadataAttribute,
                            kind_name(fields.kind())));
  }
  for (const auto& [key, value] : heap_.dict(fields).items) {
    const bool simple =
        heap_.integer(value) || value.is(PickleKind::real) || value.is(PickleKind::text);
    if (!key.is(PickleKind::text) || !simple || !is_field_name(heap_.string(key.payload()))) {
      fail(fields, fmt::format("attribute {}: expected names (ASCII, without '=') and each an int, "
                               "float or str",
                               kMetadataAttribute));
    }
    attributes.add_field(heap_.string(key.payload()), value);
  }
}

void SnapshotReader::read_functions(PickleValue functions) {
  if (functions.is(PickleKind::absent)) {
    return;
  }
  const auto refuse = [&] {
    fail(functions, fmt::format("attribute {}: expected a dict {{name: list of frames}}",
                                kFunctionsAttribute));
  };
  if (!functions.is(PickleKind::dict)) {
    refuse();
  }
  for (const auto& [name, frames] : heap_.dict(functions).items) {
    if (!name.is(PickleKind::text) || !frames.is(PickleKind::list)) {
      refuse();
    }
    for (const PickleValue frame : heap_.items(frames)) {
      if (!frame.is(PickleKind::frame)) {
        refuse();
      }
      tracebacks_.set_function(frame.payload(), name.payload());
    }
  }
}

void SnapshotReader::read_totals(PickleValue totals) {
  if (totals.is(PickleKind::absent)) {
    return;
  }
  const auto refuse = [&] {
    fail(totals, fmt::format("attribute {}: expected a dict {{1 to {}: list of tracebacks}}",
                             kTotalsAttribute, kMaxFrames));
  };
  if (!totals.is(PickleKind::dict)) {
    refuse();
  }
  for (const auto& [total, tracebacks] : heap_.dict(totals).items) {
    const auto number = heap_.integer(total);
    if (!number || *number < 1 || *number > kMaxFrames || !tracebacks.is(PickleKind::list)) {
      refuse();
    }
    for (const PickleValue traceback : heap_.items(tracebacks)) {
      if (!traceback.is(PickleKind::traceback)) {
        refuse();
      }
      PickleTraceback& target = heap_.traceback(traceback.payload());
      if (target.total_nframe == 0) {
        target.total_nframe = static_cast<std::uint32_t>(number.value_or(0));
      }
    }
  }
}

void SnapshotReader::read_traces(PickleValue state) {
  const PickleValue traces = state_of(heap_.find(state, kTracesAttribute), PickleGlobal::traces,
                                      "attribute traces of the snapshot");
  const PickleValue list = heap_.find(traces, kTraceListAttribute);
  if (!list.is(PickleKind::list)) {
    fail(traces,
         fmt::format("attribute _traces: expected a list, found {}", kind_name(list.kind())));
  }
  PickleTraces source(heap_, input_, list);
  source.set_weights(heap_.find(state, kWeightsAttribute));
  source.set_domains(heap_.find(state, kDomainsAttribute));
  source.set_times(heap_.find(state, kTimesAttribute));
  source.set_addresses(heap_.find(state, kAddressesAttribute));
  source.move_to(snapshot_, tracebacks_);
}

}  // namespace

bool is_pickle(std::string_view first_bytes) {
  return std::ranges::any_of(kBeginnings, [first_bytes](std::string_view beginning) {
    return first_bytes.starts_with(beginning);
  });
}

Snapshot read_pickle(ByteSource& source, std::shared_ptr<TracebackTable> table) {
  PickleInput input(source);
  PickleHeap heap;
  const PickleValue root = PickleDecoder(input, heap).decode();
  TracebackTable& target = *table;
  Snapshot snapshot(std::move(table));
  if (root.is(PickleKind::dict)) {
    add_pickled_stats(heap, input, root, snapshot);
  } else {
    SnapshotReader(heap, input, snapshot, target).read(root);
  }
  return snapshot;
}

}  // namespace tmbpf
