// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/group_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tmbpf {
namespace {

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

auto order_of(const Statistic& statistic) { return std::tuple(statistic.size, statistic.count); }

auto order_of(const StatisticDiff& diff) {
  return std::tuple(magnitude(diff.size_diff), diff.size, magnitude(diff.count_diff), diff.count);
}

template <typename Row>
bool descends(const GroupOrder& order, const Row& left, const Row& right) {
  const auto numbers = order_of(left) <=> order_of(right);
  return std::is_neq(numbers) ? std::is_gt(numbers)
                              : std::is_gt(order.compare(left.key, right.key));
}

}  // namespace

GroupOrder::GroupOrder(const TracebackTable& table) : table_(table), rank_(table.string_count()) {
  std::vector<std::uint32_t> sorted(rank_.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::ranges::sort(sorted, {},
                    [&table](std::uint32_t i) { return table.string(static_cast<StringId>(i)); });
  for (std::uint32_t place = 0; place < sorted.size(); ++place) {
    rank_[sorted[place]] = place;
  }
}

std::strong_ordering GroupOrder::compare(const GroupKey& left, const GroupKey& right) const {
  return left.type == KeyType::traceback ? compare(left.traceback, right.traceback)
                                         : compare(left.frame, right.frame, left.type);
}

std::strong_ordering GroupOrder::compare(const Frame& left, const Frame& right,
                                         KeyType type) const {
  const auto rank = [this](StringId id) { return rank_[to_index(id)]; };
  const auto files = rank(left.filename) <=> rank(right.filename);
  if (std::is_neq(files)) {
    return files;
  }
  return type == KeyType::function ? rank(left.function) <=> rank(right.function)
                                   : left.lineno <=> right.lineno;
}

std::strong_ordering GroupOrder::compare(TracebackId left, TracebackId right) const {
  const auto one = table_.traceback(left).frames;
  const auto other = table_.traceback(right).frames;
  return std::lexicographical_compare_three_way(
      one.rbegin(), one.rend(), other.rbegin(), other.rend(), [this](FrameId a, FrameId b) {
        return compare(table_.frame(a), table_.frame(b), KeyType::lineno);
      });
}

bool GroupOrder::sorts_before(const Statistic& left, const Statistic& right) const {
  return descends(*this, left, right);
}

bool GroupOrder::sorts_before(const StatisticDiff& left, const StatisticDiff& right) const {
  return descends(*this, left, right);
}

}  // namespace tmbpf
