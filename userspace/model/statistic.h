// SPDX-License-Identifier: Apache-2.0
// Blocks grouped by where they were allocated: one line of tracemalloc's statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/model/frame.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf {

// What a group has in common. The first three are tracemalloc's, `function` is ours.
enum class KeyType : std::uint8_t { traceback, filename, lineno, function };

// "lineno" -> KeyType::lineno; nothing for an unknown word.
std::optional<KeyType> parse_key_type(std::string_view word);

struct Statistic {
  KeyType key_type = KeyType::lineno;
  // Oldest frame first, never empty, as tracemalloc.Traceback (3.7+). One frame except for
  // KeyType::traceback, and of it only what the key names is set: (filename, 0) for filename,
  // (filename, 0, function) for function. For lineno and traceback `function` is a hint for the
  // reader, that of the first frame met at the line; it is no part of the key.
  std::vector<Frame> traceback;
  std::uint64_t size = 0;  // bytes
  std::uint64_t count = 0;
};

// As Python's str(statistic): "app.py:3: size=12.0 KiB, count=2, average=6144 B", with the
// oldest frame in front, unsuited to a terminal if the target is not trusted: the name may hold
// any character. For KeyType::function the place is "app.py:name".
std::string to_string(const Statistic& statistic, const TracebackTable& table);

// Whether `left` stands before `right` in tracemalloc's order: descending by (size, count,
// traceback), tracebacks compared from the oldest frame on.
bool sorts_before(const Statistic& left, const Statistic& right, const TracebackTable& table);

}  // namespace tmbpf
