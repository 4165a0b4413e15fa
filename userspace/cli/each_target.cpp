// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/each_target.h"

#include <fmt/format.h>

#include <string>

#include "userspace/cli/error_report.h"
#include "util/error.h"

namespace tmbpf {
namespace {

Error with_pid(const Error& error, pid_t pid) {
  const std::string name = fmt::format("process {}", pid);
  const std::string message = error.what();
  return message.find(name) != std::string::npos
             ? error
             : Error(fmt::format("{}: {}", name, message), error.hint(), error.status());
}

}  // namespace

int for_each_target(std::span<const pid_t> pids, const std::function<int(pid_t)>& act) {
  if (pids.size() == 1) {
    return act(pids.front());
  }
  int first = 0;
  for (const pid_t pid : pids) {
    int status = 0;
    try {
      status = act(pid);
    } catch (const Error& error) {
      report_error(with_pid(error, pid));
      status = static_cast<int>(error.status());
    }
    first = first == 0 ? status : first;
  }
  return first;
}

}  // namespace tmbpf
