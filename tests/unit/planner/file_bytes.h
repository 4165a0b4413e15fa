// SPDX-License-Identifier: Apache-2.0
// Whole files, to be damaged by tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <vector>

namespace tmbpf::test {

inline std::vector<char> read_bytes(const std::filesystem::path& path) {
  std::vector<char> bytes(std::filesystem::file_size(std::filesystem::canonical(path)));
  std::ifstream(path, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline void write_bytes(const std::filesystem::path& path, const std::vector<char>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace tmbpf::test
