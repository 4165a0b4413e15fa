// SPDX-License-Identifier: Apache-2.0
// A ByteSource over a file: a regular one, or anything else that can be read (a pipe).
#pragma once

#include <string>

#include "userspace/files/byte_source.h"
#include "util/unique_fd.h"

namespace tmbpf {

class FileSource : public ByteSource {
 public:
  // Opens `path`. Throws Error naming it.
  explicit FileSource(const std::string& path);
  // Reads `fd` from where it stands; `path` is the name to use in errors.
  FileSource(UniqueFd fd, std::string path);

  std::size_t read(std::span<char> buffer) override;
  void rewind() override;
  // What a regular file held when this was made.
  [[nodiscard]] std::optional<std::uint64_t> total() const override { return total_; }
  [[nodiscard]] const std::string& name() const override { return path_; }

 private:
  std::string path_;
  UniqueFd fd_;
  std::optional<std::uint64_t> total_;
};

}  // namespace tmbpf
