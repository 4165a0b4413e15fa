// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/process_maps.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "util/error.h"

namespace tmbpf {
namespace {

bool parse_line(const std::string& line, Mapping& mapping) {
  std::array<char, 5> permissions{};
  int path_at = 0;
  unsigned long start = 0;
  unsigned long end = 0;
  unsigned long offset = 0;
  unsigned long inode = 0;
  // NOLINTNEXTLINE(cert-err34-c): the count says whether every field was there
  if (std::sscanf(line.c_str(), "%lx-%lx %4s %lx %*x:%*x %lu %n", &start, &end, permissions.data(),
                  &offset, &inode, &path_at) < 5) {
    return false;
  }
  mapping.start = start;
  mapping.end = end;
  mapping.offset = offset;
  mapping.inode = inode;
  mapping.readable = permissions[0] == 'r';
  mapping.writable = permissions[1] == 'w';
  mapping.executable = permissions[2] == 'x';
  if (path_at > 0 && static_cast<std::size_t>(path_at) < line.size()) {
    mapping.path = line.substr(static_cast<std::size_t>(path_at));
  }
  return end > start;
}

}  // namespace

std::vector<Mapping> parse_maps(std::istream& lines) {
  std::vector<Mapping> maps;
  std::string line;
  while (std::getline(lines, line)) {
    Mapping mapping;
    if (parse_line(line, mapping)) {
      maps.push_back(std::move(mapping));
    }
  }
  return maps;
}

std::vector<Mapping> read_maps(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/maps", pid));
  if (!file) {
    const int error = errno;
    throw Error(
        fmt::format("cannot read the memory map of process {}: {}", pid, std::strerror(error)),
        error == EACCES || error == EPERM ? "run as root, or grant CAP_SYS_PTRACE"
                                          : "is the process still running?",
        error == EACCES || error == EPERM ? ExitStatus::not_permitted : ExitStatus::target);
  }
  return parse_maps(file);
}

std::string map_file_path(pid_t pid, const Mapping& mapping) {
  return fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end);
}

}  // namespace tmbpf
