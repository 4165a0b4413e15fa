// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/used_tracebacks.h"

#include <limits>

namespace tmbpf {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// Whether it is the first time.
template <typename Id>
bool give_number(Id id, std::vector<Id>& ids, std::vector<std::uint32_t>& numbers) {
  std::uint32_t& number = numbers[to_index(id)];
  if (number != kNone) {
    return false;
  }
  number = static_cast<std::uint32_t>(ids.size());
  ids.push_back(id);
  return true;
}

}  // namespace

UsedTracebacks::UsedTracebacks(const Snapshot& snapshot)
    : traceback_numbers_(snapshot.table().traceback_count(), kNone),
      frame_numbers_(snapshot.table().frame_count(), kNone) {
  snapshot.traces().for_each([&](std::uint32_t, TracebackId traceback, std::uint64_t, double) {
    if (give_number(traceback, tracebacks_, traceback_numbers_)) {
      for (const FrameId frame : snapshot.table().traceback(traceback).frames) {
        give_number(frame, frames_, frame_numbers_);
      }
    }
  });
}

std::vector<BlockSum> sums_by_traceback(const Snapshot& snapshot, const UsedTracebacks& used) {
  std::vector<BlockSum> sums(used.tracebacks().size());
  snapshot.traces().for_each(
      [&](std::uint32_t, TracebackId traceback, std::uint64_t size, double weight) {
        sums[used.number(traceback)].add(size, weight);
      });
  return sums;
}

}  // namespace tmbpf
