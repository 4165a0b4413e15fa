// SPDX-License-Identifier: Apache-2.0
// A process that a live view can show, as the list of them has it.
#pragma once

#include <cstdint>
#include <string>

namespace tmbpf {

struct LiveProcess {
  int pid = 0;
  std::string command;         // any bytes
  std::uint64_t traced = 0;    // bytes
  std::uint64_t resident = 0;  // bytes; 0: not known, it has ended
  std::string state;           // "tracing", "ended", ...
};

}  // namespace tmbpf
