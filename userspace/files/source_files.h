// SPDX-License-Identifier: Apache-2.0
// Lines of Python source files, as Python's linecache module has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tmbpf {

// Reads a file when its first line is asked for and keeps it. Decoded by its byte order mark, its
// PEP 263 comment, or else UTF-8 (Lib/tokenize.py, detect_encoding). Nothing for what is no regular
// file, is larger than 16 MiB, cannot be decoded or has no such line; never throws for these.
// Unlike linecache it does not look for relative names in sys.path.
class SourceFiles {
 public:
  // `root`: put before absolute names: where the files of another mount namespace lie.
  explicit SourceFiles(std::string root = {}) : root_(std::move(root)) {}

  // Without its end of line; lines count from 1. WTF-8.
  std::optional<std::string> line(std::string_view filename, std::uint32_t lineno);

 private:
  std::string root_;
  std::unordered_map<std::string, std::vector<std::string>> files_;
};

}  // namespace tmbpf
