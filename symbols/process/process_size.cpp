// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/process_size.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tmbpf {
namespace {

// Of a line "FIELD:   123 kB".
std::optional<std::uint64_t> field_of(const std::string& path, std::string_view field) {
  constexpr std::uint64_t kUnit = 1024;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    if (words >> name && name == field && words >> value) {
      return value * kUnit;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> virtual_bytes(pid_t pid) {
  return field_of(fmt::format("/proc/{}/status", pid), "VmSize:");
}

std::optional<std::uint64_t> proportional_bytes(pid_t pid) {
  return field_of(fmt::format("/proc/{}/smaps_rollup", pid), "Pss:");
}

}  // namespace tmbpf
