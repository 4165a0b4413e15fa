// SPDX-License-Identifier: Apache-2.0
// What is wrong with a trace. Slow, but called once.
#include <fmt/format.h>

#include <limits>
#include <string>

#include "userspace/files/pickle/pickle_decoder.h"
#include "userspace/files/pickle/pickle_traces.h"
#include "userspace/model/traceback.h"

namespace tmbpf {
namespace {

constexpr auto kMostBytes = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostUnsigned = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view kFields =
    "2 (Python 3.4 and 3.5), 3 (Python 3.6 to 3.8) or 4 (Python 3.9 and later)";

std::string wrong_number(const PickleHeap& heap, PickleValue value) {
  if (const auto integer = heap.integer(value)) {
    return fmt::format("{}", *integer);
  }
  return value.is(PickleKind::long_integer) ? "an int of more than 64 bits"
                                            : std::string(kind_name(value.kind()));
}

bool in_range(const PickleHeap& heap, PickleValue value, std::int64_t lowest, std::int64_t most) {
  const auto integer = heap.integer(value);
  return integer && *integer >= lowest && *integer <= most;
}

std::string why_no_frame(const PickleHeap& heap, PickleValue value) {
  const auto parts = heap.items(value);
  if (value.is(PickleKind::list) || parts.size() != 2) {
    return fmt::format("is {}, expected a tuple (filename, line number)", kind_name(value.kind()));
  }
  if (!parts[0].is(PickleKind::text)) {
    return fmt::format("has {} for a file name, expected a str", kind_name(parts[0].kind()));
  }
  return fmt::format("has the line number {}, expected 0 to {}", wrong_number(heap, parts[1]),
                     kMostUnsigned);
}

std::string why_no_traceback(const PickleHeap& heap, PickleValue value) {
  if (!value.is(PickleKind::tuple) && !value.is(PickleKind::frame) &&
      !value.is(PickleKind::trace)) {
    return fmt::format("its traceback is {}, expected a tuple of frames", kind_name(value.kind()));
  }
  const auto frames = heap.items(value);
  if (frames.empty()) {
    return "its traceback is empty, expected at least one frame";
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!frames[i].is(PickleKind::frame)) {
      return fmt::format("frame {} of its traceback {}", i, why_no_frame(heap, frames[i]));
    }
  }
  return "its traceback is too long";
}

std::string why_no_fields(const PickleHeap& heap, const std::vector<PickleValue>& fields) {
  const std::size_t at = fields.size() == 2 ? 1 : 2;  // of the traceback
  if (fields.size() > 2 && !in_range(heap, fields[0], 0, kMostUnsigned)) {
    return fmt::format("its domain is {}, expected 0 to {}", wrong_number(heap, fields[0]),
                       kMostUnsigned);
  }
  if (!in_range(heap, fields[at - 1], 0, kMostBytes)) {
    return fmt::format("its size is {}, expected 0 to {}", wrong_number(heap, fields[at - 1]),
                       kMostBytes);
  }
  if (!fields[at].is(PickleKind::traceback)) {
    return why_no_traceback(heap, fields[at]);
  }
  return fmt::format("its total_nframe is {}, expected 1 to {}", wrong_number(heap, fields.back()),
                     kMaxFrames);
}

}  // namespace

std::string why_no_trace(const PickleHeap& heap, PickleValue item, std::uint64_t index) {
  const auto fields = heap.items(item);
  if (item.is(PickleKind::list) ||
      (fields.empty() && heap.size(item) == 0 && !item.is(PickleKind::tuple))) {
    return fmt::format("trace {} is {}, expected a tuple", index, kind_name(item.kind()));
  }
  if (fields.size() < 2 || fields.size() > 4) {
    return fmt::format("trace {} has {} fields, expected {}", index, fields.size(), kFields);
  }
  return fmt::format("trace {}: {}", index, why_no_fields(heap, fields));
}

}  // namespace tmbpf
