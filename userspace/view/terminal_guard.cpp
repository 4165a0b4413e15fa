// SPDX-License-Identifier: Apache-2.0
#include "userspace/view/terminal_guard.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>

namespace tmbpf {

struct TerminalGuard::Message {
  bool armed;
  termios modes;  // of the full screen
  std::size_t length;
  std::array<char, 256> leave;
};

namespace {

constexpr int kHighFile = 1000;  // below the usual limit
constexpr int kPriority = -10;

bool same_modes(const termios& left, const termios& right) {
  return left.c_iflag == right.c_iflag && left.c_oflag == right.c_oflag &&
         left.c_cflag == right.c_cflag && left.c_lflag == right.c_lflag &&
         std::memcmp(static_cast<const void*>(left.c_cc), static_cast<const void*>(right.c_cc),
                     sizeof left.c_cc) == 0;
}

// In the child: what would end or stop it with us, and SIGTTOU, which would keep a process that is
// not in the foreground from the terminal.
void ignore_signals() {
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE}) {
    std::signal(number, SIG_IGN);
  }
}

}  // namespace

TerminalGuard::TerminalGuard() {
  termios before{};
  std::array<int, 2> ends{};
  if (::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0 ||
      ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return;
  }
  // At our end files are closed from the highest number down, and probes take a while: the child is
  // to be done before our parent, a shell, hears of our end.
  const UniqueFd low(ends[0]);
  child_.reset(::fcntl(low.get(), F_DUPFD_CLOEXEC, kHighFile));
  if (!child_.valid()) {
    child_.reset(::fcntl(low.get(), F_DUPFD_CLOEXEC, 0));
  }
  const UniqueFd us(ends[1]);
  // None may reach the child before it ignores them.
  sigset_t all;
  sigset_t blocked;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &blocked);
  pid_ = child_.valid() ? ::fork() : -1;
  if (pid_ == 0) {
    guard(us.get(), before);
  }
  ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  if (pid_ < 0) {
    child_.reset();
  }
}

TerminalGuard::~TerminalGuard() {
  child_.reset();
  while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void TerminalGuard::guard(int us, const termios& before) {
  constexpr int kOurs = 3;
  ignore_signals();
  ::setpgid(0, 0);
  ::setpriority(PRIO_PROCESS, 0, kPriority);  // as far as we may
  ::prctl(PR_SET_NAME, "tmbpf-terminal");
  ::dup2(us, kOurs);
  ::close_range(kOurs + 1, std::numeric_limits<unsigned>::max(), 0);
  ::close(STDERR_FILENO);
  Message last{};
  Message message{};
  for (;;) {
    const ssize_t size = ::recv(kOurs, &message, sizeof message, 0);
    if (size == static_cast<ssize_t>(sizeof message)) {
      last = message;
    } else if (size >= 0 || errno != EINTR) {
      break;
    }
  }
  if (last.armed) {
    termios now{};
    const ssize_t written = ::write(STDOUT_FILENO, last.leave.data(), last.length);
    if (written >= 0 && ::tcgetattr(STDIN_FILENO, &now) == 0 && same_modes(now, last.modes)) {
      ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    }
  }
  ::_exit(0);
}

void TerminalGuard::arm(std::string_view leave) const {
  Message message{};
  message.armed = true;
  message.length = std::min(leave.size(), message.leave.size());
  std::copy_n(leave.begin(), message.length, message.leave.begin());
  if (child_.valid() && ::tcgetattr(STDIN_FILENO, &message.modes) == 0) {
    ::send(child_.get(), &message, sizeof message, MSG_NOSIGNAL);
  }
}

void TerminalGuard::disarm() const {
  const Message message{};
  if (child_.valid()) {
    ::send(child_.get(), &message, sizeof message, MSG_NOSIGNAL);
  }
}

}  // namespace tmbpf
