// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/python_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace tmbpf {
namespace {

constexpr std::string_view kTakeValue = "WX";  // short options whose value is the rest or the next
constexpr std::string_view kLongWithValue = "--check-hash-based-pycs";
constexpr std::string_view kScriptEnding = ".py";

std::string_view file_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) {  // a folder with a __main__.py
    path.remove_suffix(1);
  }
  return path.substr(path.rfind('/') + 1);
}

// python, python3.11, python3-dbg, a login shell's -python; not python-config.
bool is_interpreter(std::string_view word) {
  std::string_view name = file_name(word);
  if (name.starts_with('-')) {
    name.remove_prefix(1);
  }
  constexpr std::string_view kName = "python";
  return name.starts_with(kName) &&
         name.find_first_not_of("0123456789.dmtu-bg", kName.size()) == std::string_view::npos;
}

struct Place {
  std::size_t word = 0;  // where the program begins; the number of words: there is none
  std::string name;      // of the program; empty: that word
};

// What a word of short options does to those behind it.
struct ShortOptions {
  std::size_t words = 1;  // how many belong to it
  char last = 0;          // 'c' or 'm': they end the options
  std::string value;      // of that one, when it stands in the same word
};

ShortOptions read_short(std::string_view word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const std::string_view value = word.substr(i + 1);
    if (word[i] == 'c' || word[i] == 'm') {
      return {.last = word[i], .value = std::string(value)};
    }
    if (kTakeValue.find(word[i]) != std::string_view::npos) {
      return {.words = value.empty() ? std::size_t{2} : std::size_t{1}};
    }
  }
  return {};
}

Place module_place(std::span<const std::string> arguments, std::size_t at, std::string value) {
  if (value.empty() && at + 1 < arguments.size()) {
    value = arguments[at + 1];
  }
  return {at, value.empty() ? "-m" : std::move(value)};
}

Place find_program(std::span<const std::string> arguments) {
  std::size_t at = 1;
  while (at < arguments.size() && arguments[at].starts_with('-') && arguments[at] != "-") {
    const std::string& word = arguments[at];
    if (word.starts_with("--")) {
      at += word == kLongWithValue ? 2 : 1;
      if (word == "--") {
        break;
      }
      continue;
    }
    ShortOptions options = read_short(word);
    if (options.last == 'c') {
      return {at, "-c"};
    }
    if (options.last == 'm') {
      return module_place(arguments, at, std::move(options.value));
    }
    at += options.words;
  }
  return {std::min(at, arguments.size()), ""};
}

}  // namespace

PythonCommand python_command(std::span<const std::string> arguments) {
  if (arguments.empty()) {
    return {};
  }
  const Place place = is_interpreter(arguments[0]) ? find_program(arguments) : Place{};
  if (place.word == arguments.size()) {
    return {std::string(file_name(arguments[0])), fmt::format("{}", fmt::join(arguments, " "))};
  }
  return {place.name.empty() ? arguments[place.word] : place.name,
          fmt::format("{}", fmt::join(arguments.subspan(place.word), " "))};
}

std::vector<std::string> command_names(const PythonCommand& command) {
  std::vector<std::string> names{command.program};
  const auto add = [&names](std::string_view name) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) {
      names.emplace_back(name);
    }
  };
  std::string_view name = file_name(command.program);
  add(name);
  if (name.ends_with(kScriptEnding)) {
    name.remove_suffix(kScriptEnding.size());
    add(name);
  }
  return names;
}

}  // namespace tmbpf
