// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/leftovers.h"

#include <sys/types.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "userspace/trace/control_socket.h"
#include "userspace/trace/target_lock.h"
#include "util/error.h"

namespace tmbpf {
namespace {

// Whose lock or socket it is.
std::optional<pid_t> process_of(const std::filesystem::path& path) {
  if (path.extension() != ".lock" && path.extension() != ".sock") {
    return std::nullopt;
  }
  const std::string text = path.stem();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && pid > 0 ? std::optional(pid) : std::nullopt;
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

std::set<pid_t> gone_processes() {
  std::set<pid_t> gone;
  std::error_code error;
  for (std::filesystem::directory_iterator at(run_directory(), error), end; !error && at != end;
       at.increment(error)) {
    if (const auto pid = process_of(at->path()); pid && is_gone(*pid)) {
      gone.insert(*pid);
    }
  }
  return gone;
}

}  // namespace

void remove_leftovers() {
  try {
    for (const pid_t pid : gone_processes()) {
      try {
        const TargetLock lock(pid);  // goes with its file
        remove_abandoned_socket(pid);
      } catch (const Error&) {  // somebody holds it, or it is another user's
      }
    }
  } catch (const std::exception&) {  // the directory is not ours: who needs it says so
  }
}

}  // namespace tmbpf
