// SPDX-License-Identifier: Apache-2.0
// Looking into the objects of a PickleHeap.
#include <algorithm>
#include <limits>

#include "userspace/files/pickle/pickle_heap.h"

namespace tmbpf {

std::span<const std::uint32_t> PickleHeap::frames_of(const PickleTraceback& traceback) const {
  return std::span(traceback_frames_).subspan(traceback.begin, traceback.length);
}

unsigned PickleHeap::fields_of_trace(std::uint64_t index) const {
  const auto after = std::ranges::upper_bound(arities_, index, {}, &Arity::first);
  return std::prev(after)->fields;
}

std::uint64_t PickleHeap::next_change_of_fields(std::uint64_t index) const {
  const auto after = std::ranges::upper_bound(arities_, index, {}, &Arity::first);
  return after != arities_.end() ? after->first : std::numeric_limits<std::uint64_t>::max();
}

std::vector<PickleValue> PickleHeap::trace_items(std::uint64_t index) const {
  const PickleTrace row = trace(index);
  const auto size = static_cast<std::int64_t>(row.size);
  std::vector<PickleValue> result;
  if (fields_of_trace(index) > 2) {
    result.push_back(PickleValue::of_integer(row.domain));
  }
  // A larger size is cut: only an attribute that looks like a trace comes here.
  result.push_back(PickleValue::of_integer(std::min(size, PickleValue::kMaxInteger)));
  result.emplace_back(PickleKind::traceback, row.traceback);
  if (fields_of_trace(index) > 3) {
    result.push_back(PickleValue::of_integer(tracebacks_[row.traceback].total_nframe));
  }
  return result;
}

void PickleHeap::release_traces_before(std::uint64_t index) {
  if (index <= released_) {
    return;
  }
  const auto end = traces_.begin() + static_cast<std::ptrdiff_t>(index - released_);
  traces_.erase(traces_.begin(), end);
  released_ = index;
}

std::vector<PickleValue> PickleHeap::items(PickleValue value) const {
  std::vector<PickleValue> result;
  if (value.is(PickleKind::tuple)) {
    const Tuple& tuple = tuples_[value.payload()];
    const auto first = tuple_items_.begin() + static_cast<std::ptrdiff_t>(tuple.begin);
    result.assign(first, first + static_cast<std::ptrdiff_t>(tuple.size));
  } else if (value.is(PickleKind::frame)) {
    const PickleFrame& frame = frames_[value.payload()];
    result = {PickleValue(PickleKind::text, frame.filename), PickleValue::of_integer(frame.lineno)};
  } else if (value.is(PickleKind::traceback)) {
    for (const std::uint32_t frame : frames_of(tracebacks_[value.payload()])) {
      result.emplace_back(PickleKind::frame, frame);
    }
  } else if (value.is(PickleKind::trace)) {
    result = trace_items(value.payload());
  } else if (value.is(PickleKind::list)) {
    const PickleList& list = this->list(value);
    result = list.items;
    for (const PickleList::Run& run : list.runs) {
      for (std::uint64_t i = 0; i < run.count; ++i) {
        result.emplace_back(PickleKind::trace, run.first + (run.repeated != 0 ? 0 : i));
      }
    }
  }
  return result;
}

std::uint64_t PickleHeap::size(PickleValue value) const {
  switch (value.kind()) {
    case PickleKind::tuple:
      return tuples_[value.payload()].size;
    case PickleKind::frame:
      return 2;
    case PickleKind::traceback:
      return tracebacks_[value.payload()].length;
    case PickleKind::trace:
      return fields_of_trace(value.payload());
    case PickleKind::list:
      return list(value).size;
    default:
      return 0;
  }
}

PickleValue PickleHeap::find(PickleValue dict, std::string_view key) const {
  PickleValue result;
  for (const auto& [name, value] : this->dict(dict).items) {
    if (name.is(PickleKind::text) && string(name.payload()) == key) {
      result = value;
    }
  }
  return result;
}

std::uint64_t PickleHeap::offset(PickleValue value) const {
  switch (value.kind()) {
    case PickleKind::tuple:
      return tuples_[value.payload()].offset;
    case PickleKind::list:
      return list(value).offset;
    case PickleKind::dict:
      return dict(value).offset;
    case PickleKind::instance:
      return instances_[value.payload()].offset;
    default:
      return 0;
  }
}

}  // namespace tmbpf
