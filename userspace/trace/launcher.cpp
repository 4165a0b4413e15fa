// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/launcher.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>

#include "util/error.h"
#include "util/unique_fd.h"

namespace tmbpf {
namespace {

constexpr int kMaxExecs = 32;  // a chain of launchers longer than this is a loop
constexpr int kExecStop = SIGTRAP | (PTRACE_EVENT_EXEC << 8);

// ptrace takes addresses and data as pointers.
void* as_pointer(std::uint64_t value) { return reinterpret_cast<void*>(value); }  // NOLINT

std::optional<std::uint64_t> entry_point(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/auxv", pid), std::ios::binary);
  std::array<std::uint64_t, 2> entry{};
  while (file.read(reinterpret_cast<char*>(entry.data()), sizeof(entry)) && entry[0] != AT_NULL) {
    if (entry[0] == AT_ENTRY) {
      return entry[1];
    }
  }
  return std::nullopt;
}

[[noreturn]] void run_child(const std::vector<std::string>& argv, int error_pipe) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Should tmbpf be killed while it holds the program stopped, the program goes on.
  ::prctl(PR_SET_PDEATHSIG, SIGCONT);
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::execvp(words[0], words.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(error_pipe, &error, sizeof(error));
  ::_exit(127);
}

}  // namespace

LaunchedProgram::LaunchedProgram(const std::vector<std::string>& argv) : name_(argv.at(0)) {
  start(argv);
  for (int i = 0; i < kMaxExecs; ++i) {
    if (run_to_entry()) {
      try {
        target_ = open_python_target(pid_);
        ::ptrace(PTRACE_DETACH, pid_, nullptr, as_pointer(SIGSTOP));
        return;
      } catch (const Error& error) {
        if (error.status() != ExitStatus::target || runs_python(pid_)) {
          throw;
        }
      }
    }
    // Not a Python yet: on to the next program that it executes.
    ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
    run_to_exec(wait_for_stop());
  }
  throw Error(fmt::format("{} executes one program after the other and none is a Python", name_),
              "", ExitStatus::target);
}

LaunchedProgram::~LaunchedProgram() {
  if (pid_ > 0 && !resumed_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void LaunchedProgram::start(const std::vector<std::string>& argv) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) {
    throw Error(fmt::format("cannot start {}: {}", name_, std::strerror(errno)));
  }
  if (pid_ == 0) {
    run_child(argv, writer.get());
  }
  writer.reset();
  int error = 0;
  const bool failed = ::read(reader.get(), &error, sizeof(error)) == sizeof(error);
  const int status = wait_for_stop();
  if (failed || !WIFSTOPPED(status)) {
    pid_ = -1;
    throw Error(fmt::format("cannot start {}: {}", name_, std::strerror(error)),
                "give the program's path, or a name that is in PATH");
  }
  ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, as_pointer(PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
}

int LaunchedProgram::wait_for_stop() const {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// From a stop with this status to the next exec, passing signals on; throws when the program ends
// instead.
void LaunchedProgram::run_to_exec(int status) const {
  while (WIFSTOPPED(status) && status >> 8 != kExecStop) {
    ::ptrace(PTRACE_CONT, pid_, nullptr, as_pointer(static_cast<std::uint64_t>(WSTOPSIG(status))));
    status = wait_for_stop();
  }
  if (!WIFSTOPPED(status)) {
    throw Error(fmt::format("{} ended without becoming a CPython that can be traced", name_),
                "give a Python program, for example `tmbpf -- python3 app.py`", ExitStatus::target);
  }
}

// From the exec stop to the program's entry point, by one breakpoint that is taken out again. By
// then ld.so has mapped every library; false when the program never got there.
bool LaunchedProgram::run_to_entry() {
  const auto entry = entry_point(pid_);
  if (!entry) {
    return false;
  }
  errno = 0;
  const long word = ::ptrace(PTRACE_PEEKTEXT, pid_, as_pointer(*entry), nullptr);
  if (errno != 0) {
    return false;
  }
  const std::uint64_t patched = (static_cast<std::uint64_t>(word) & ~0xffULL) | 0xccULL;
  ::ptrace(PTRACE_POKETEXT, pid_, as_pointer(*entry), as_pointer(patched));
  ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
  const int status = wait_for_stop();
  if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
    run_to_exec(status);
    return false;
  }
  ::ptrace(PTRACE_POKETEXT, pid_, as_pointer(*entry), as_pointer(static_cast<std::uint64_t>(word)));
  user_regs_struct registers{};
  ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
  registers.rip = *entry;
  ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
  return true;
}

void LaunchedProgram::resume() {
  resumed_ = true;
  stopped_ = false;
  ::kill(pid_, SIGCONT);
}

LaunchedProgram::State LaunchedProgram::state() {
  int status = 0;
  if (!ended_ && ::waitpid(pid_, &status, WNOHANG | WUNTRACED) == pid_) {
    if (WIFSTOPPED(status)) {
      stopped_ = WSTOPSIG(status) == SIGSTOP;
    } else {
      ended_ = status;
    }
  }
  return ended_ ? State::ended : stopped_ ? State::stopped : State::running;
}

int LaunchedProgram::wait() {
  const int status = ended_ ? *ended_ : wait_for_stop();
  ended_ = status;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace tmbpf
