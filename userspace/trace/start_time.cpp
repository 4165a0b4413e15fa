// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/start_time.h"

#include <unistd.h>

#include <fstream>
#include <string>

namespace tmbpf {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;  // nanoseconds

// By how much our time namespace's boot clock is ahead of the system's, in nanoseconds.
std::int64_t boottime_offset() {
  std::ifstream file("/proc/self/timens_offsets");
  std::string clock;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  while (file >> clock >> seconds >> nanoseconds) {
    if (clock == "boottime") {
      return seconds * kSecond + nanoseconds;
    }
  }
  return 0;  // the kernel has no time namespaces
}

}  // namespace

std::uint64_t start_ticks(std::uint64_t start_boottime) {
  const std::int64_t start = static_cast<std::int64_t>(start_boottime) + boottime_offset();
  return static_cast<std::uint64_t>(start / (kSecond / ::sysconf(_SC_CLK_TCK)));
}

}  // namespace tmbpf
