// SPDX-License-Identifier: Apache-2.0
// What a process has mapped (/proc/PID/maps), read once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace tmbpf {

struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;     // first address after it
  std::uint64_t offset = 0;  // in the file
  std::uint64_t inode = 0;   // 0: no file
  bool readable = false;
  bool writable = false;
  bool executable = false;
  std::string path;  // as the process's mount namespace names it; "[heap]" and the like; empty
};

// The lines of /proc/PID/maps in order; lines that do not parse are left out.
std::vector<Mapping> parse_maps(std::istream& lines);

// Throws Error (target) when the process is gone or may not be looked at.
std::vector<Mapping> read_maps(pid_t pid);

// A path by which the file of `mapping` can be opened from here even when the process lives in
// another mount namespace or the file was deleted: /proc/PID/map_files/START-END.
std::string map_file_path(pid_t pid, const Mapping& mapping);

}  // namespace tmbpf
