// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/pickle/pickle_stats.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "userspace/files/memory_budget.h"
#include "userspace/files/pickle/pickle_attributes.h"
#include "userspace/files/pickle/pickle_decoder.h"

namespace tmbpf {
namespace {

// The most blocks that a weight can count exactly.
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 53U;
constexpr std::uint64_t kBytesPerGroup = 256;  // of memory: frame, traceback and traces

class StatsReader {
 public:
  StatsReader(const PickleHeap& heap, const PickleInput& input, Snapshot& snapshot)
      : heap_(heap), input_(input), snapshot_(snapshot) {}

  void add_files(PickleValue stats);

 private:
  void add_lines(StringId filename, PickleValue lines);
  void add_group(StringId filename, PickleValue line, PickleValue group, PickleValue lines);
  void add_blocks(TracebackId traceback, std::int64_t size, std::int64_t blocks);
  void require_dict(PickleValue value, PickleValue outer, std::string_view what) const;
  [[noreturn]] void fail(PickleValue value, std::string_view what) const {
    input_.fail(heap_.offset(value), what);
  }

  const PickleHeap& heap_;
  const PickleInput& input_;
  Snapshot& snapshot_;
  std::uint64_t memory_ = 0;
};

void StatsReader::require_dict(PickleValue value, PickleValue outer, std::string_view what) const {
  if (!value.is(PickleKind::dict)) {
    fail(outer, fmt::format("{}: expected a dict, found {}", what, kind_name(value.kind())));
  }
}

void StatsReader::add_files(PickleValue stats) {
  for (const auto& [filename, lines] : heap_.dict(stats).items) {
    if (!filename.is(PickleKind::text) && !filename.is(PickleKind::none)) {
      fail(stats,
           fmt::format("'stats': expected file names, found {}", kind_name(filename.kind())));
    }
    require_dict(lines, stats, "the lines of a file in 'stats'");
    const bool known = filename.is(PickleKind::text);
    add_lines(snapshot_.add_string(known ? heap_.string(filename.payload()) : "<unknown>"), lines);
  }
}

void StatsReader::add_lines(StringId filename, PickleValue lines) {
  for (const auto& [line, group] : heap_.dict(lines).items) {
    add_group(filename, line, group, lines);
  }
}

void StatsReader::add_group(StringId filename, PickleValue line, PickleValue group,
                            PickleValue lines) {
  const auto number = line.is(PickleKind::none) ? 0 : heap_.integer(line);
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    fail(lines, "'stats': expected line numbers from 0 to 4294967295, or None");
  }
  const bool pair = group.is(PickleKind::tuple) && heap_.size(group) == 2;
  const auto parts = pair ? heap_.items(group) : std::vector<PickleValue>(2);
  const auto size = heap_.integer(parts[0]);
  const auto count = heap_.integer(parts[1]);
  if (!size || !count || *size < 0 || *count < 0 || *count > kMostBlocks ||
      (*count == 0 && *size != 0)) {
    fail(lines, fmt::format("'stats': expected tuples (size, count) of numbers from 0, {} at most "
                            "for a count",
                            kMostBlocks));
  }
  if (*count == 0) {
    return;
  }
  const std::array frame{snapshot_.add_frame(filename, static_cast<std::uint32_t>(*number))};
  const TracebackId traceback = snapshot_.add_traceback(frame, 1);
  add_blocks(traceback, *size / *count + 1, *size % *count);
  add_blocks(traceback, *size / *count, *count - *size % *count);
}

void StatsReader::add_blocks(TracebackId traceback, std::int64_t size, std::int64_t blocks) {
  memory_ += kBytesPerGroup;
  if (memory_ > memory_budget(input_.position())) {
    fail({}, "'stats' takes more memory than so long a file may take");
  }
  if (blocks != 0) {
    snapshot_.add_trace({.traceback = traceback,
                         .size = static_cast<std::uint64_t>(size),
                         .weight = static_cast<double>(blocks)});
  }
}

}  // namespace

void add_pickled_stats(const PickleHeap& heap, const PickleInput& input, PickleValue dict,
                       Snapshot& snapshot) {
  const auto version = heap.integer(heap.find(dict, "format_version"));
  if (version != 1) {
    input.fail(heap.offset(dict),
               "a dict without 'format_version': 1, expected a Snapshot of "
               "tracemalloc or the dict of pytracemalloc 0.8 and 0.9");
  }
  const PickleValue stats = heap.find(dict, "stats");
  if (!stats.is(PickleKind::dict)) {
    input.fail(heap.offset(dict),
               fmt::format("'stats': expected a dict, found {}", kind_name(stats.kind())));
  }
  StatsReader(heap, input, snapshot).add_files(stats);
  PickleAttributes metadata(heap, input, snapshot);
  for (const std::string_view key : {"timestamp", "pid", "process_memory", "user_data"}) {
    const PickleValue value = heap.find(dict, key);
    if (!value.is(PickleKind::absent) && !value.is(PickleKind::none)) {
      metadata.add_field(std::string(key), value);
    }
  }
}

}  // namespace tmbpf
