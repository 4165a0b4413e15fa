// SPDX-License-Identifier: Apache-2.0
// Blocks grouped by where they were allocated: one line of tracemalloc's statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "userspace/model/frame.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf {

// What a group has in common. The first three are tracemalloc's, `function` is ours.
enum class KeyType : std::uint8_t { traceback, filename, lineno, function };

// "lineno" -> KeyType::lineno; nothing for an unknown word.
std::optional<KeyType> parse_key_type(std::string_view word);

// What a group is called, in the terms of one table.
struct GroupKey {
  KeyType type = KeyType::lineno;
  // All but KeyType::traceback. Only what the key names is set: (filename, 0) for filename,
  // (filename, 0, function) for function. For lineno `function` is a hint for the reader, that of
  // the first frame met at the line; it is no part of the key.
  Frame frame;
  // KeyType::traceback: the first one met of those with the same files and lines.
  TracebackId traceback{0};
};

// tracemalloc's Traceback of the group: oldest frame first (3.7+), never empty; one frame except
// for KeyType::traceback.
std::vector<Frame> frames_of(const GroupKey& key, const TracebackTable& table);

struct Statistic {
  GroupKey key;
  std::uint64_t size = 0;  // bytes
  std::uint64_t count = 0;
  // Half of the width of the 95 % confidence interval, bytes and blocks; 0: exact.
  std::uint64_t size_error = 0;
  std::uint64_t count_error = 0;
};

}  // namespace tmbpf
