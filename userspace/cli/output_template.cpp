// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/output_template.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr unsigned kLastCounter = 9999;
constexpr std::array<std::string_view, 4> kWords{"$pid", "$counter", "$timestamp", "$$"};

// The word that `text` begins with; empty when it begins with none.
std::string_view word_at(std::string_view text) {
  for (const std::string_view word : kWords) {
    if (text.starts_with(word)) {
      return word;
    }
  }
  return {};
}

std::string time_text(std::time_t time, unsigned again) {
  const auto text = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(time));
  return again > 1 ? fmt::format("{}-{}", text, again) : text;
}

// Matches the names that `text` may become; the first group is the counter's digits.
std::regex names_of(std::string_view text, pid_t pid) {
  std::string pattern;
  bool counted = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view word = word_at(text.substr(at));
    if (word.empty() || word == "$$") {
      const char letter = text[at];
      pattern += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? "" : "\\";
      pattern += letter;
    } else if (word == "$counter") {
      pattern += counted ? "\\1" : "([0-9]{4,9})";
      counted = true;
    } else {
      pattern += word == "$pid" ? fmt::format("{}", pid) : "[0-9]{8}T[0-9]{6}Z(?:-[0-9]+)?";
    }
    at += std::max<std::size_t>(word.size(), 1);
  }
  return std::regex(pattern);
}

}  // namespace

OutputTemplate::OutputTemplate(std::string text) : text_(std::move(text)) {
  for (std::size_t at = text_.find('$'); at != std::string::npos;) {
    const std::string_view word = word_at(std::string_view(text_).substr(at));
    if (word.empty()) {
      throw Error(fmt::format("the output \"{}\" has an unknown word after its $", text_),
                  "known are $pid, $counter and $timestamp; $$ is a dollar sign",
                  ExitStatus::usage);
    }
    has_pid_ = has_pid_ || word == "$pid";
    has_counter_ = has_counter_ || word == "$counter";
    has_timestamp_ = has_timestamp_ || word == "$timestamp";
    at = text_.find('$', at + word.size());
  }
}

std::string OutputTemplate::expand(pid_t pid, std::time_t time, std::uint64_t counter,
                                   unsigned again) const {
  std::string name;
  for (std::size_t at = 0; at < text_.size();) {
    const std::string_view word = word_at(std::string_view(text_).substr(at));
    if (word.empty()) {
      name += text_[at++];
      continue;
    }
    name += word == "$pid"       ? fmt::format("{}", pid)
            : word == "$counter" ? fmt::format("{:04}", counter)
            : word == "$$"       ? "$"
                                 : time_text(time, again);
    at += word.size();
  }
  return name;
}

std::string OutputTemplate::name(pid_t pid, std::time_t time) const {
  for (unsigned counter = 1; counter <= kLastCounter; ++counter) {
    std::string name = expand(pid, time, counter);
    std::error_code error;
    const auto status = std::filesystem::symlink_status(name, error);
    if (!has_counter_ || !std::filesystem::exists(status)) {
      return name;
    }
  }
  throw Error(fmt::format("every file of \"{}\" exists, up to {}", text_, kLastCounter),
              "move them away, or choose another name");
}

std::uint64_t OutputTemplate::highest_counter(pid_t pid) const {
  const std::size_t slash = text_.rfind('/');
  const std::string_view file =
      std::string_view(text_).substr(slash == std::string::npos ? 0 : slash + 1);
  if (file.find("$counter") == std::string_view::npos) {
    return 0;
  }
  const auto folder = std::filesystem::path(expand(pid, 0, 1)).parent_path();
  const std::regex names = names_of(file, pid);
  std::uint64_t highest = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::smatch match;
    if (std::regex_match(name, match, names)) {
      highest = std::max<std::uint64_t>(highest, std::stoull(match[1].str()));
    }
  }
  return highest;
}

}  // namespace tmbpf
