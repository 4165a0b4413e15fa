// SPDX-License-Identifier: Apache-2.0
// A pseudo terminal: a child owns the screen, the test is the terminal.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "util/unique_fd.h"

namespace tmbpf::test {

inline constexpr int kSeconds = 20;  // for the child, then it is ended

class PseudoTerminal {
 public:
  PseudoTerminal() {
    int master = -1;
    int slave = -1;
    const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0) {
      throw std::runtime_error("openpty failed");
    }
    master_.reset(master);
    slave_.reset(slave);
    ::tcgetattr(slave, &before_);
  }

  // Runs `action` in a child on this terminal. Its result becomes the child's exit status.
  void start(const std::function<int()>& action, const char* kind = "xterm") {
    child_ = ::fork();
    if (child_ == 0) {
      ::alarm(kSeconds);
      ::setenv("TERM", kind, 1);
      ::setenv("LC_ALL", "C.UTF-8", 1);
      const int terminal = ::dup(slave_.get());
      ::login_tty(terminal);
      ::_exit(action());
    }
  }

  // Reads on until `text` has come; false when the child ended before.
  bool wait_for(const std::string& text) {
    while (output_.find(text) == std::string::npos) {
      if (!read_some(100) && ended()) {
        while (read_some(0)) {
        }
        return output_.find(text) != std::string::npos;
      }
    }
    return true;
  }

  // The same after its end, for what others still write; for a second.
  bool wait_for_more(const std::string& text) {
    for (int i = 0; i < 20 && output_.find(text) == std::string::npos; ++i) {
      read_some(50);
    }
    return output_.find(text) != std::string::npos;
  }

  [[nodiscard]] bool becomes_as_before() const {
    for (int i = 0; i < 100 && !is_as_before(); ++i) {
      ::usleep(10'000);
    }
    return is_as_before();
  }

  int finish() {
    while (!ended()) {
      read_some(100);
    }
    while (read_some(0)) {
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }

  void type(const std::string& keys) const {
    ASSERT_EQ(::write(master_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }

  void resize(unsigned short rows, unsigned short columns) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::ioctl(master_.get(), TIOCSWINSZ, &size), 0);
  }

  [[nodiscard]] bool is_as_before() const {
    termios now{};
    ::tcgetattr(slave_.get(), &now);
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag &&
           now.c_oflag == before_.c_oflag;
  }

  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  bool read_some(int milliseconds) {
    pollfd ready{.fd = master_.get(), .events = POLLIN, .revents = 0};
    std::array<char, 4096> buffer{};
    if (::poll(&ready, 1, milliseconds) <= 0 || (ready.revents & POLLIN) == 0) {
      return false;
    }
    const ssize_t got = ::read(master_.get(), buffer.data(), buffer.size());
    if (got > 0) {
      output_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return got > 0;
  }

  bool ended() {
    if (child_ > 0 && ::waitpid(child_, &status_, WNOHANG) == child_) {
      child_ = 0;
    }
    return child_ <= 0;
  }

  UniqueFd master_;
  UniqueFd slave_;
  termios before_{};
  pid_t child_ = 0;
  int status_ = 0;
  std::string output_;
};

inline constexpr const char* kEnterFullScreen = "\x1b[?1049h";
inline constexpr const char* kLeaveFullScreen = "\x1b[?1049l";

}  // namespace tmbpf::test
