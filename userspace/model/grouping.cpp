// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/grouping.h"

#include <algorithm>
#include <limits>

#include "userspace/model/content_index.h"
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

// Of tracebacks that have estimates, which in a snapshot of a sample may be few.
struct ReplicatesByTraceback {
  explicit ReplicatesByTraceback(const Snapshot& snapshot) {
    if (!snapshot.traces().has_replicates()) {
      return;
    }
    std::vector<std::uint32_t> places(snapshot.table().traceback_count(), kNone);
    snapshot.traces().for_each_estimate(
        [&](TracebackId traceback, std::uint64_t size, std::uint32_t replicates) {
          std::uint32_t& place = places[to_index(traceback)];
          if (place == kNone) {
            place = static_cast<std::uint32_t>(sums.size());
            tracebacks.push_back(traceback);
            sums.emplace_back();
          }
          sums[place].add(size, snapshot.replicates(replicates));
        });
  }

  std::vector<TracebackId> tracebacks;
  std::vector<ReplicateSum> sums;
};

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
    : table_(table),
      type_(type),
      cumulative_(cumulative),
      identity_index_(std::make_unique<ContentIndex>()),
      traceback_index_(std::make_unique<ContentIndex>()) {
  if (type == KeyType::traceback && cumulative != Cumulative::no) {
    throw Error("cumulative mode cannot be used with key type 'traceback'",
                "Group by lineno, filename or function, or leave out cumulative.",
                ExitStatus::usage);
  }
}

Grouping::~Grouping() = default;

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

std::vector<ReplicateSum> Grouping::sum_replicates(const Snapshot& snapshot) {
  const ReplicatesByTraceback by_traceback(snapshot);
  std::vector<ReplicateSum> result;
  for (std::size_t i = 0; i < by_traceback.sums.size(); ++i) {
    collect_groups(by_traceback.tracebacks[i]);
    result.resize(keys_.size());
    for (const std::uint32_t group : groups_) {
      result[group].add(by_traceback.sums[i]);
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
    group = add_frame(table_.frame(frame));
  }
  return group;
}

std::uint32_t Grouping::add_frame(const Frame& frame) {
  const Frame key = identity(frame, type_);
  const std::size_t hash = FrameHash()(key);
  const auto known =
      identity_index_->find(hash, [&](std::uint32_t group) { return identities_[group] == key; });
  if (known) {
    return *known;
  }
  identity_index_->add(hash);
  identities_.push_back(key);
  if (type_ != KeyType::traceback) {
    keys_.push_back({.type = type_, .frame = type_ == KeyType::lineno ? frame : key});
  }
  return static_cast<std::uint32_t>(identities_.size() - 1);
}

// Tracebacks that differ only in function names or total_nframe are one group.
std::uint32_t Grouping::group_of(TracebackId traceback) {
  lines_.clear();
  for (const FrameId frame : table_.traceback(traceback).frames) {
    lines_.push_back(group_of(frame));
  }
  const std::size_t hash = hash_of(lines_);
  const auto known = traceback_index_->find(hash, [&](std::uint32_t group) {
    const auto frames = table_.traceback(keys_[group].traceback).frames;
    return std::ranges::equal(frames, lines_, {}, [this](FrameId id) { return group_of(id); });
  });
  if (known) {
    return *known;
  }
  traceback_index_->add(hash);
  keys_.push_back({.type = type_, .traceback = traceback});
  return static_cast<std::uint32_t>(keys_.size() - 1);
}

}  // namespace tmbpf
