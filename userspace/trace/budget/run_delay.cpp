// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/run_delay.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace tmbpf {
namespace {

using std::chrono::nanoseconds;

nanoseconds second_field(const std::string& path) {
  std::ifstream file(path);
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  return file >> running >> waiting ? nanoseconds(waiting) : nanoseconds(0);
}

}  // namespace

nanoseconds run_delay(pid_t pid, pid_t thread) {
  return second_field(fmt::format("/proc/{}/task/{}/schedstat", pid, thread));
}

nanoseconds run_delay(pid_t pid) {
  nanoseconds sum{0};
  std::error_code gone;
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
    sum += second_field(thread.path() / "schedstat");
  }
  return sum;
}

}  // namespace tmbpf
