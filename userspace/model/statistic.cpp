// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/statistic.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::array<std::pair<std::string_view, KeyType>, 4> kWords{{
    {"traceback", KeyType::traceback},
    {"filename", KeyType::filename},
    {"lineno", KeyType::lineno},
    {"function", KeyType::function},
}};

}  // namespace

std::optional<KeyType> parse_key_type(std::string_view word) {
  const auto* const found =
      std::ranges::find(kWords, word, &std::pair<std::string_view, KeyType>::first);
  return found != kWords.end() ? std::optional(found->second) : std::nullopt;
}

std::vector<Frame> frames_of(const GroupKey& key, const TracebackTable& table) {
  if (key.type != KeyType::traceback) {
    return {key.frame};
  }
  std::vector<Frame> frames;
  for (const FrameId id : table.traceback(key.traceback).frames) {
    frames.push_back(table.frame(id));
  }
  std::ranges::reverse(frames);
  return frames;
}

}  // namespace tmbpf
