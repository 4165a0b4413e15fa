// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/filter_text.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tmbpf {

Filter parse_filter(std::string_view text, bool inclusive) {
  Filter filter{.inclusive = inclusive, .filename_pattern = std::string(text)};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    std::uint32_t line = 0;
    const char* const end_of_text = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + colon + 1, end_of_text, line);
    if (error == std::errc() && end == end_of_text) {
      filter.lineno = line;
      filter.filename_pattern.resize(colon);
    }
  }
  return filter;
}

std::vector<TraceFilter> parse_filter_words(std::string_view text, bool all_frames) {
  std::vector<TraceFilter> filters;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool excludes = word.starts_with('!');
    word.remove_prefix(excludes ? 1 : 0);
    if (word.empty()) {
      continue;
    }
    Filter filter = parse_filter(word, !excludes);
    filter.all_frames = all_frames;
    if (filter.filename_pattern.find_first_of("*?[") == std::string::npos) {
      filter.filename_pattern = "*" + filter.filename_pattern + "*";
    }
    filters.emplace_back(std::move(filter));
  }
  return filters;
}

}  // namespace tmbpf
