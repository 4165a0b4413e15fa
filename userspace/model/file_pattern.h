// SPDX-License-Identifier: Apache-2.0
// A shell-style pattern for file names, as Python's fnmatch.fnmatch() understands it on POSIX.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tmbpf {

// `*` any text, also with slashes and leading dots; `?` one character; [seq] one of them, a-z is a
// range; [!seq] one that is not; what never closes is an ordinary `[`. Case matters. The whole name
// must match. (Lib/fnmatch.py, translate(), 3.9 to 3.14: a range that runs backwards is empty.)
class FilePattern {
 public:
  explicit FilePattern(std::string_view pattern);  // WTF-8

  [[nodiscard]] bool matches(std::string_view name) const;  // WTF-8

 private:
  struct Item {
    enum class Kind : unsigned char { character, any, set, star };
    Kind kind = Kind::character;
    char32_t character = 0;
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;  // of the set; both ends belong to it
  };

  static bool matches_one(const Item& item, char32_t character);
  static Item make_set(std::u32string_view inside);

  std::vector<Item> items_;
};

}  // namespace tmbpf
