// SPDX-License-Identifier: Apache-2.0
// How far a file is read, on standard error, where that is a terminal and it takes long.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace tmbpf {

class FileProgress {
 public:
  explicit FileProgress(const std::string& path);
  FileProgress(const FileProgress&) = delete;
  FileProgress& operator=(const FileProgress&) = delete;
  FileProgress(FileProgress&&) = delete;
  FileProgress& operator=(FileProgress&&) = delete;
  ~FileProgress() { clear(); }

  // To be called with the bytes done of all. Valid as long as this.
  std::function<void(std::uint64_t done, std::uint64_t total)> reporter();
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  void report(std::uint64_t done, std::uint64_t total);

  std::string name_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point due_;
};

}  // namespace tmbpf
