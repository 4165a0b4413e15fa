// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/grouping.h"

#include <algorithm>
#include <limits>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// The frame without what the key does not name.
Frame identity(const Frame& frame, KeyType type) {
  switch (type) {
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

std::vector<BlockSum> sum_by_traceback(const Snapshot& snapshot) {
  std::vector<BlockSum> sums(snapshot.table().traceback_count());
  snapshot.traces().for_each(
      [&sums](std::uint32_t, TracebackId traceback, std::uint64_t size, double weight) {
        sums[to_index(traceback)].add(size, weight);
      });
  return sums;
}

std::size_t hash_of(const std::vector<std::uint32_t>& numbers) {
  std::uint64_t hash = numbers.size();
  for (const std::uint32_t number : numbers) {
    hash = (hash ^ number) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32U;
  }
  return hash;
}

}  // namespace

Grouping::Grouping(const TracebackTable& table, KeyType type, Cumulative cumulative)
    : table_(table), type_(type), cumulative_(cumulative) {
  if (type == KeyType::traceback && cumulative != Cumulative::no) {
    throw Error("cumulative mode cannot be used with key type 'traceback'",
                "Group by lineno, filename or function, or leave out cumulative.",
                ExitStatus::usage);
  }
}

std::vector<BlockSum> Grouping::sum(const Snapshot& snapshot) {
  const std::vector<BlockSum> sums = sum_by_traceback(snapshot);
  std::vector<BlockSum> result(keys_.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].empty()) {
      continue;
    }
    collect_groups(static_cast<TracebackId>(i));
    result.resize(keys_.size());
    for (const std::uint32_t group : groups_) {
      result[group].add(sums[i]);
    }
  }
  return result;
}

void Grouping::collect_groups(TracebackId traceback) {
  groups_.clear();
  if (type_ == KeyType::traceback) {
    groups_.push_back(group_of(traceback));
    return;
  }
  const auto frames = table_.traceback(traceback).frames;
  for (const FrameId frame : cumulative_ == Cumulative::no ? frames.first(1) : frames) {
    groups_.push_back(group_of(frame));
  }
  if (cumulative_ == Cumulative::unique) {
    std::ranges::sort(groups_);
    groups_.erase(std::unique(groups_.begin(), groups_.end()), groups_.end());
  }
}

std::uint32_t Grouping::group_of(FrameId frame) {
  const std::size_t index = to_index(frame);
  if (index >= frame_groups_.size()) {
    frame_groups_.resize(std::max(index + 1, table_.frame_count()), kNone);
  }
  std::uint32_t& group = frame_groups_[index];
  if (group == kNone) {
    const Frame shown = table_.frame(frame);
    const Frame key = identity(shown, type_);
    const auto next = static_cast<std::uint32_t>(frame_index_.size());
    const auto [entry, added] = frame_index_.try_emplace(key, next);
    group = entry->second;
    if (added && type_ != KeyType::traceback) {
      keys_.push_back({.type = type_, .frame = type_ == KeyType::lineno ? shown : key});
    }
  }
  return group;
}

// Tracebacks that differ only in function names or total_nframe are one group.
std::uint32_t Grouping::group_of(TracebackId traceback) {
  lines_.clear();
  for (const FrameId frame : table_.traceback(traceback).frames) {
    lines_.push_back(group_of(frame));
  }
  const std::size_t hash = hash_of(lines_);
  const auto [first, last] = traceback_index_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const auto frames = table_.traceback(keys_[known->second].traceback).frames;
    if (std::ranges::equal(frames, lines_, {}, [this](FrameId id) { return group_of(id); })) {
      return known->second;
    }
  }
  const auto group = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back({.type = type_, .traceback = traceback});
  traceback_index_.emplace(hash, group);
  return group;
}

}  // namespace tmbpf
