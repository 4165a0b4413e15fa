// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/statistics.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "util/error.h"

namespace tmbpf {
namespace {

struct Sum {
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};

// Indexed by TracebackId. Millions of traces share far fewer tracebacks, so all else is done
// per traceback.
std::vector<Sum> sum_by_traceback(const Snapshot& snapshot) {
  std::vector<Sum> sums(snapshot.table().traceback_count());
  for (const Trace& trace : snapshot.traces()) {
    Sum& sum = sums[to_index(trace.traceback)];
    sum.size += trace.size;
    ++sum.count;
  }
  return sums;
}

// The frame without what the key does not name.
Frame identity(const Frame& frame, KeyType key_type) {
  switch (key_type) {
    case KeyType::filename:
      return {.filename = frame.filename};
    case KeyType::function:
      return {.filename = frame.filename, .function = frame.function};
    case KeyType::lineno:
    case KeyType::traceback:
      break;
  }
  return {.filename = frame.filename, .lineno = frame.lineno};
}

void add(Statistic& statistic, const Sum& sum) {
  statistic.size += sum.size;
  statistic.count += sum.count;
}

std::vector<Statistic> group_by_frame(const Snapshot& snapshot, KeyType key_type, bool cumulative) {
  const TracebackTable& table = snapshot.table();
  const std::vector<Sum> sums = sum_by_traceback(snapshot);
  std::vector<Statistic> result;
  std::unordered_map<Frame, std::size_t, FrameHash> groups;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].count == 0) {
      continue;
    }
    const auto frames = table.traceback(static_cast<TracebackId>(i)).frames;
    for (const FrameId id : cumulative ? frames : frames.first(1)) {
      Frame shown = table.frame(id);
      const Frame key = identity(shown, key_type);
      const auto [group, added] = groups.try_emplace(key, result.size());
      if (added) {
        shown = key_type == KeyType::lineno ? shown : key;
        result.push_back({.key_type = key_type, .traceback = {shown}});
      }
      add(result[group->second], sums[i]);
    }
  }
  return result;
}

// Tracebacks that differ only in function names or total_nframe are one group.
std::vector<Statistic> group_by_traceback(const Snapshot& snapshot) {
  const TracebackTable& table = snapshot.table();
  const std::vector<Sum> sums = sum_by_traceback(snapshot);
  std::vector<Statistic> result;
  std::unordered_map<Frame, char32_t, FrameHash> lines;
  std::unordered_map<std::u32string, std::size_t> groups;  // keyed by the numbers of its lines
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].count == 0) {
      continue;
    }
    std::u32string key;
    std::vector<Frame> shown;
    for (const FrameId id : table.traceback(static_cast<TracebackId>(i)).frames) {
      shown.push_back(table.frame(id));
      const Frame line = identity(shown.back(), KeyType::lineno);
      key += lines.try_emplace(line, static_cast<char32_t>(lines.size())).first->second;
    }
    const auto [group, added] = groups.try_emplace(std::move(key), result.size());
    if (added) {
      std::ranges::reverse(shown);
      result.push_back({.key_type = KeyType::traceback, .traceback = std::move(shown)});
    }
    add(result[group->second], sums[i]);
  }
  return result;
}

}  // namespace

std::vector<Statistic> statistics(const Snapshot& snapshot, KeyType key_type, bool cumulative) {
  if (cumulative && key_type == KeyType::traceback) {
    throw Error("cumulative mode cannot be used with key type 'traceback'",
                "Group by lineno, filename or function, or leave out cumulative.",
                ExitStatus::usage);
  }
  std::vector<Statistic> result = key_type == KeyType::traceback
                                      ? group_by_traceback(snapshot)
                                      : group_by_frame(snapshot, key_type, cumulative);
  std::ranges::sort(result, [&](const Statistic& left, const Statistic& right) {
    return sorts_before(left, right, snapshot.table());
  });
  return result;
}

}  // namespace tmbpf
