// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/budget/thread_stat.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>

namespace tmbpf {
namespace {

constexpr int kState = 3;  // fields are counted from 1; the second is the name
constexpr int kProcessor = 39;

}  // namespace

std::optional<ThreadStat> thread_stat(pid_t pid, pid_t thread) {
  std::ifstream file(fmt::format("/proc/{}/task/{}/stat", pid, thread));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  std::string skipped;
  fields >> state;
  for (int field = kState + 1; field < kProcessor; ++field) {
    fields >> skipped;
  }
  ThreadStat stat{.runnable = state == "R"};
  return fields >> stat.cpu ? std::optional(stat) : std::nullopt;
}

}  // namespace tmbpf
