// SPDX-License-Identifier: Apache-2.0
// The files that a run has written, so that no more of them stay than its user wants.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace tmbpf {

class KeptFiles {
 public:
  // At most so many files, and so many bytes; 0: no limit.
  KeptFiles(std::size_t most_files, std::uint64_t most_bytes);

  // Takes in a file that was just written, and deletes the oldest of those taken in before, as far
  // as the limits demand it. One that was replaced or moved since it was written is nobody's here
  // and stays. Throws Error: the file alone is larger than most_bytes (it is deleted, the others
  // stay), or an old one cannot be deleted (it is tried again the next time).
  void add(const std::string& path);

  [[nodiscard]] std::uint64_t deleted() const { return deleted_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct File {
    std::string path;
    dev_t device;
    ino_t inode;
    std::uint64_t size;  // bytes
  };

  void forget(const std::string& path);
  void remove_oldest();

  std::size_t most_files_;
  std::uint64_t most_bytes_;
  std::deque<File> files_;  // the oldest first; empty without limits
  std::uint64_t bytes_ = 0;
  std::uint64_t deleted_ = 0;
};

}  // namespace tmbpf
