// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/process_identity.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "util/error.h"

namespace tmbpf {

std::optional<ProcessIdentity> find_process(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text, '\0');  // nothing where the process ended meanwhile
  // comm may hold spaces and parentheses: it ends at the last one.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return std::nullopt;
  }
  ProcessIdentity identity{.pid = pid, .command = text.substr(open + 1, close - open - 1)};
  std::istringstream rest(text.substr(close + 1));
  std::string field;
  std::string state;
  rest >> state;
  for (int i = 0; i < 18; ++i) {  // fields 4 to 21
    rest >> field;
  }
  rest >> identity.start_time;
  if (!rest || state == "Z" || state == "X") {
    return std::nullopt;
  }
  return identity;
}

ProcessIdentity identify_process(pid_t pid) {
  auto identity = find_process(pid);
  if (!identity) {
    throw Error(fmt::format("there is no process {}", pid),
                "`tmbpf ps` lists the Pythons that run here", ExitStatus::target);
  }
  return *std::move(identity);
}

bool still_runs(const ProcessIdentity& identity) {
  const auto now = find_process(identity.pid);
  return now && *now == identity;
}

UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

namespace {

struct PageCounts {
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
};

PageCounts page_counts(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size = 0;
  PageCounts pages;
  file >> size >> pages.resident >> pages.shared;
  return file && pages.shared <= pages.resident ? pages : PageCounts{};
}

std::uint64_t in_bytes(std::uint64_t pages) {
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::uint64_t resident_bytes(pid_t pid) { return in_bytes(page_counts(pid).resident); }

std::uint64_t private_bytes(pid_t pid) {
  const PageCounts pages = page_counts(pid);
  return in_bytes(pages.resident - pages.shared);
}

}  // namespace tmbpf
