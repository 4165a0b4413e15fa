// SPDX-License-Identifier: Apache-2.0
// A directory for one test, removed with all that is in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tmbpf::test {

class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ScratchDirectory(ScratchDirectory&&) = delete;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] std::string path(std::string_view name) const { return (root_ / name).string(); }
  // The names in it, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::filesystem::path root_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);

}  // namespace tmbpf::test
