// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/output_template.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>
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
    at = text_.find('$', at + word.size());
  }
}

std::string OutputTemplate::expand(pid_t pid, std::time_t time, unsigned counter) const {
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
                                 : fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(time));
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

}  // namespace tmbpf
