// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/file_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "userspace/view/human_text.h"

namespace tmbpf {
namespace {

constexpr std::chrono::milliseconds kPatience{500};
constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kNameWidth = 50;

}  // namespace

FileProgress::FileProgress(const std::string& path)
    : name_(shorten_path(printable(path), kNameWidth)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      due_(Clock::now() + kPatience) {}

std::function<void(std::uint64_t, std::uint64_t)> FileProgress::reporter() {
  return [this](std::uint64_t done, std::uint64_t total) { report(done, total); };
}

void FileProgress::report(std::uint64_t done, std::uint64_t total) {
  const auto now = Clock::now();
  if (!terminal_ || total == 0 || now < due_) {
    return;
  }
  due_ = now + kPause;
  shown_ = true;
  fmt::print(stderr, "\rreading {}: {} %\x1b[K", name_,
             std::min<std::uint64_t>(done * 100 / total, 100));
  std::fflush(stderr);
}

void FileProgress::clear() {
  if (shown_) {
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    shown_ = false;
  }
}

}  // namespace tmbpf
