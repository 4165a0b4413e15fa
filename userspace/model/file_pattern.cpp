// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/file_pattern.h"

#include <algorithm>
#include <cstddef>

#include "userspace/model/wtf8.h"

namespace tmbpf {
namespace {

std::u32string code_points(std::string_view text) {
  std::u32string result;
  while (!text.empty()) {
    result += take_code_point(text);
  }
  return result;
}

// The end of the set that begins behind a `[`: the index of its `]`; npos when it never closes. A
// `]` that comes first (after a `!`) belongs to the set.
std::size_t end_of_set(const std::u32string& pattern, std::size_t begin) {
  std::size_t at = begin;
  at += at < pattern.size() && pattern[at] == '!' ? 1 : 0;
  at += at < pattern.size() && pattern[at] == ']' ? 1 : 0;
  return pattern.find(U']', at);
}

// Splits at each `-` that makes a range. The first character never does, nor does one that closes a
// range begin another.
std::vector<std::u32string> split_ranges(std::u32string_view inside) {
  std::vector<std::u32string> chunks;
  std::size_t begin = 0;
  for (std::size_t at = inside.front() == '!' ? 2 : 1;;) {
    at = inside.find(U'-', at);
    if (at == std::u32string_view::npos) {
      break;
    }
    chunks.emplace_back(inside.substr(begin, at - begin));
    begin = at + 1;
    at += 3;
  }
  if (begin < inside.size() || chunks.empty()) {
    chunks.emplace_back(inside.substr(begin));
  } else {
    chunks.back() += U'-';
  }
  return chunks;
}

// A range that runs backwards is left out, with both its ends.
void drop_backward_ranges(std::vector<std::u32string>& chunks) {
  for (std::size_t i = chunks.size() - 1; i > 0; --i) {
    std::u32string& left = chunks[i - 1];
    if (!left.empty() && left.back() > chunks[i].front()) {
      left.pop_back();
      left += chunks[i].substr(1);
      chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace

FilePattern::FilePattern(std::string_view pattern) {
  const std::u32string text = code_points(pattern);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t end = text[i] == '[' ? end_of_set(text, i + 1) : std::u32string::npos;
    if (text[i] == '*') {
      if (items_.empty() || items_.back().kind != Item::Kind::star) {
        items_.push_back({.kind = Item::Kind::star});
      }
    } else if (text[i] == '?') {
      items_.push_back({.kind = Item::Kind::any});
    } else if (end != std::u32string::npos) {
      items_.push_back(make_set(std::u32string_view(text).substr(i + 1, end - i - 1)));
      i = end;
    } else {
      items_.push_back({.character = text[i]});
    }
  }
}

// What is left decides whether the set is negated, as in Python: a dropped range may uncover a `!`.
FilePattern::Item FilePattern::make_set(std::u32string_view inside) {
  std::vector<std::u32string> chunks = split_ranges(inside);
  drop_backward_ranges(chunks);
  Item item{.kind = Item::Kind::set};
  if (chunks.front().starts_with(U'!')) {
    item.negated = true;
    chunks.front().erase(0, 1);
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    for (const char32_t character : chunks[i]) {
      item.ranges.emplace_back(character, character);
    }
    if (i > 0 && !chunks[i - 1].empty()) {
      item.ranges.emplace_back(chunks[i - 1].back(), chunks[i].front());
    }
  }
  return item;
}

bool FilePattern::matches_one(const Item& item, char32_t character) {
  switch (item.kind) {
    case Item::Kind::any:
      return true;
    case Item::Kind::set:
      return item.negated != std::ranges::any_of(item.ranges, [character](const auto& range) {
               return range.first <= character && character <= range.second;
             });
    case Item::Kind::character:
    case Item::Kind::star:
      break;
  }
  return item.character == character;
}

// After a mismatch only the last star needs to take one character more.
bool FilePattern::matches(std::string_view name) const {
  const std::u32string text = code_points(name);
  constexpr auto kNoStar = static_cast<std::size_t>(-1);
  std::size_t item = 0;
  std::size_t star = kNoStar;
  std::size_t taken = 0;  // where the text goes on after that star
  for (std::size_t at = 0; at < text.size();) {
    if (item < items_.size() && items_[item].kind == Item::Kind::star) {
      star = item++;
      taken = at;
    } else if (item < items_.size() && matches_one(items_[item], text[at])) {
      ++item;
      ++at;
    } else if (star != kNoStar) {
      item = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return std::all_of(items_.begin() + static_cast<std::ptrdiff_t>(item), items_.end(),
                     [](const Item& rest) { return rest.kind == Item::Kind::star; });
}

}  // namespace tmbpf
