// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/report/stack_tree.h"

#include <algorithm>

namespace tmbpf {
namespace {

// Of any sum: JSON knows no infinity, and sums of sums must stay finite in the page too.
constexpr double kLargestSum = 1e30;

std::vector<Amount> sum_by_traceback(const Snapshot& snapshot) {
  std::vector<Amount> sums(snapshot.table().traceback_count());
  snapshot.traces().for_each([&sums](std::uint32_t, TracebackId traceback, std::uint64_t size,
                                     double weight) {
    sums[to_index(traceback)].add({.size = static_cast<double>(size) * weight, .count = weight});
  });
  return sums;
}

void add_bounded(Amount& sum, const Amount& more) {
  sum.size = std::min(sum.size + more.size, kLargestSum);
  sum.count = std::min(sum.count + more.count, kLargestSum);
}

}  // namespace

std::size_t StackTree::TreeFrameHash::operator()(const TreeFrame& frame) const {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = frame.filename * kOdd;
  hash = (hash ^ (hash >> 32U) ^ frame.lineno) * kOdd;
  hash = (hash ^ (hash >> 32U) ^ frame.function) * kOdd;
  return hash ^ (hash >> 32U);
}

StackTree::StackTree() { string_number({}); }

void StackTree::add(const Snapshot& snapshot, Side side) {
  const TracebackTable& table = snapshot.table();
  const std::vector<Amount> sums = sum_by_traceback(snapshot);
  std::vector<std::uint32_t> numbers(table.frame_count(), kNone);
  std::vector<std::uint32_t> ends(sums.size(), kNone);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] == Amount{}) {
      continue;
    }
    const Traceback traceback = table.traceback(static_cast<TracebackId>(i));
    std::uint32_t node = kNone;
    for (std::size_t depth = traceback.frames.size(); depth-- > 0;) {
      const FrameId id = traceback.frames[depth];
      std::uint32_t& number = numbers[to_index(id)];
      number = number == kNone ? frame_number(table, id) : number;
      node = child(node, number);
    }
    ends[i] = node;
    Node& end = nodes_[node];
    add_bounded(side == Side::now ? end.now : end.before, sums[i]);
    const auto hidden =
        static_cast<std::uint32_t>(traceback.total_nframe - traceback.frames.size());
    end.hidden = std::max(end.hidden, hidden);
  }
  add_replicates(snapshot, side, ends);
}

void StackTree::add_replicates(const Snapshot& snapshot, Side side,
                               const std::vector<std::uint32_t>& ends) {
  snapshot.traces().for_each_estimate(
      [&](TracebackId traceback, std::uint64_t size, std::uint32_t replicates) {
        Node& end = nodes_[ends[to_index(traceback)]];
        std::uint32_t& place = side == Side::now ? end.now_replicates : end.before_replicates;
        if (place == kNone) {
          place = static_cast<std::uint32_t>(replicates_.size());
          replicates_.emplace_back();
        }
        replicates_[place].add(size, snapshot.replicates(replicates));
      });
}

std::uint32_t StackTree::string_number(std::string_view text) {
  const auto next = static_cast<std::uint32_t>(strings_.size());
  const auto [place, added] = string_index_.try_emplace(text, next);
  if (added) {
    strings_.push_back(text);
  }
  return place->second;
}

std::uint32_t StackTree::frame_number(const TracebackTable& table, FrameId id) {
  const Frame frame = table.frame(id);
  const TreeFrame key{.filename = string_number(table.string(frame.filename)),
                      .lineno = frame.lineno,
                      .function = string_number(table.string(frame.function))};
  const auto next = static_cast<std::uint32_t>(frames_.size());
  const auto [place, added] = frame_index_.try_emplace(key, next);
  if (added) {
    frames_.push_back(key);
  }
  return place->second;
}

std::uint32_t StackTree::child(std::uint32_t parent, std::uint32_t frame) {
  const std::uint64_t key = (std::uint64_t{parent} << 32U) | frame;
  const auto next = static_cast<std::uint32_t>(nodes_.size());
  const auto [place, added] = node_index_.try_emplace(key, next);
  if (added) {
    nodes_.push_back({.parent = parent, .frame = frame});
  }
  return place->second;
}

}  // namespace tmbpf
