// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "util/format_size.h"

namespace tmbpf {
namespace {

std::strong_ordering compare(StringId left, StringId right, const TracebackTable& table) {
  if (left == right) {
    return std::strong_ordering::equal;
  }
  return table.string(left) <=> table.string(right);
}

std::strong_ordering compare(const Frame& left, const Frame& right, KeyType key_type,
                             const TracebackTable& table) {
  if (const auto order = compare(left.filename, right.filename, table); std::is_neq(order)) {
    return order;
  }
  if (key_type == KeyType::function) {
    return compare(left.function, right.function, table);
  }
  return left.lineno <=> right.lineno;
}

std::string place(const Statistic& statistic, const TracebackTable& table) {
  const Frame& oldest = statistic.traceback.front();
  if (statistic.key_type == KeyType::function) {
    return fmt::format("{}:{}", table.string(oldest.filename), table.string(oldest.function));
  }
  return fmt::format("{}:{}", table.string(oldest.filename), oldest.lineno);
}

}  // namespace

std::optional<KeyType> parse_key_type(std::string_view word) {
  if (word == "traceback") {
    return KeyType::traceback;
  }
  if (word == "filename") {
    return KeyType::filename;
  }
  if (word == "lineno") {
    return KeyType::lineno;
  }
  if (word == "function") {
    return KeyType::function;
  }
  return std::nullopt;
}

std::string to_string(const Statistic& statistic, const TracebackTable& table) {
  const auto size = static_cast<double>(statistic.size);
  std::string text = fmt::format("{}: size={}, count={}", place(statistic, table),
                                 format_size(size), statistic.count);
  if (statistic.count != 0) {
    text += ", average=" + format_size(size / static_cast<double>(statistic.count));
  }
  return text;
}

bool sorts_before(const Statistic& left, const Statistic& right, const TracebackTable& table) {
  if (left.size != right.size) {
    return left.size > right.size;
  }
  if (left.count != right.count) {
    return left.count > right.count;
  }
  const auto order = std::lexicographical_compare_three_way(
      left.traceback.begin(), left.traceback.end(), right.traceback.begin(), right.traceback.end(),
      [&](const Frame& a, const Frame& b) { return compare(a, b, left.key_type, table); });
  return std::is_gt(order);
}

}  // namespace tmbpf
