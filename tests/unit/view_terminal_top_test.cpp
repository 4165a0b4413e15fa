// SPDX-License-Identifier: Apache-2.0
// The full-screen view on a pseudo terminal: a child owns the screen, the test is the terminal.
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
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>

#include "userspace/view/terminal_guard.h"
#include "userspace/view/terminal_top.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tmbpf::test {
namespace {

constexpr int kSeconds = 20;  // for the child, then it is ended

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

constexpr const char* kEnterFullScreen = "\x1b[?1049h";
constexpr const char* kLeaveFullScreen = "\x1b[?1049l";

Key wait_for_key(TerminalTop& top) {
  for (;;) {
    if (const auto key = top.read_key()) {
      return *key;
    }
    pollfd ready{.fd = TerminalTop::input_fd(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, 50);
  }
}

TEST(TerminalTop, ShowsLinesReadsAKeyAndGivesTheTerminalBack) {
  PseudoTerminal terminal;
  terminal.start([] {
    TerminalTop top;
    if (top.read_key()) {
      return 1;
    }
    top.show({{"first line"}, {"caf\xc3\xa9", LineStyle::selected}});
    return wait_for_key(top) == key_of('q') ? 0 : 2;
  });
  ASSERT_TRUE(terminal.wait_for("caf\xc3\xa9")) << testing::PrintToString(terminal.output());
  EXPECT_FALSE(terminal.is_as_before());
  terminal.type("q");
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_NE(terminal.output().find("first line"), std::string::npos);
  EXPECT_NE(terminal.output().find(kEnterFullScreen), std::string::npos);
  EXPECT_NE(terminal.output().find(kLeaveFullScreen), std::string::npos);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(TerminalTop, GivesTheTerminalBackWhenAnExceptionPasses) {
  PseudoTerminal terminal;
  terminal.start([] {
    try {
      TerminalTop top;
      top.show({{"about to fail"}});
      throw std::runtime_error("failed");
    } catch (const std::runtime_error&) {
      return 7;
    }
  });
  EXPECT_EQ(terminal.finish(), 7);
  EXPECT_NE(terminal.output().find(kLeaveFullScreen), std::string::npos);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(TerminalTop, NoticesANewSizeEvenWithItsSignalBlocked) {
  PseudoTerminal terminal;
  terminal.start([] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGWINCH);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    TerminalTop top;
    if (TerminalTop::width() != 80 || TerminalTop::height() != 24) {
      return 1;
    }
    top.show({{"ready"}});
    if (wait_for_key(top) != Key::resized) {
      return 2;
    }
    top.show(ScreenLines(100, {std::string(500, 'w')}));
    return TerminalTop::width() == 120 && TerminalTop::height() == 10 ? 0 : 3;
  });
  ASSERT_TRUE(terminal.wait_for("ready"));
  terminal.resize(10, 120);
  EXPECT_EQ(terminal.finish(), 0);
}

TEST(TerminalTop, CutsWhatDoesNotFitTheScreen) {
  PseudoTerminal terminal;
  terminal.start([] {
    TerminalTop top;
    ScreenLines lines(24, {"shown"});
    lines.push_back({"below the screen"});
    lines[0] = {std::string(80, 'x') + "beyond the edge"};
    lines[1] = {std::string(79, 'x') + "\u6f22"};  // it takes two columns
    top.show(lines);
    return 0;
  });
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_NE(terminal.output().find("shown"), std::string::npos);
  EXPECT_EQ(terminal.output().find("beyond"), std::string::npos);
  EXPECT_EQ(terminal.output().find("below"), std::string::npos);
  EXPECT_EQ(terminal.output().find("\u6f22"), std::string::npos);
}

TEST(TerminalTop, KnowsTheKeysOfATerminal) {
  PseudoTerminal terminal;
  terminal.start([] {
    TerminalTop top;
    top.show({{"ready"}});
    for (const Key key : {Key::up, Key::down, Key::page_up, Key::page_down, Key::home, Key::end,
                          Key::enter, Key::backspace, Key::tab, Key::space, key_of(0xe9)}) {
      if (wait_for_key(top) != key) {
        return 1;
      }
    }
    return wait_for_key(top) == Key::escape ? 0 : 2;
  });
  ASSERT_TRUE(terminal.wait_for("ready"));
  terminal.type("\x1bOA\x1bOB\x1b[5~\x1b[6~\x1bOH\x1bOF\r\x7f\t \xc3\xa9\x1b");
  EXPECT_EQ(terminal.finish(), 0);
}

TEST(TerminalTop, GivesTheTerminalBackForAWhile) {
  PseudoTerminal terminal;
  terminal.start([] {
    TerminalTop top;
    top.show({{"the screen"}});
    top.suspend();
    std::printf("in between\n");
    std::fflush(stdout);
    top.resume();
    top.show({{"the screen"}});
    return 0;
  });
  EXPECT_EQ(terminal.finish(), 0);
  const std::string& output = terminal.output();
  const std::size_t between = output.find("in between");
  ASSERT_NE(between, std::string::npos);
  EXPECT_LT(output.find(kLeaveFullScreen), between);
  EXPECT_NE(output.find(kEnterFullScreen, between), std::string::npos);
  EXPECT_NE(output.find("the screen", between), std::string::npos);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(TerminalGuard, GivesTheTerminalBackAfterAKill) {
  PseudoTerminal terminal;
  terminal.start([] {
    const TerminalGuard guard;
    TerminalTop top(&guard);
    top.show({{"about to be killed"}});
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(terminal.finish(), -1);
  EXPECT_TRUE(terminal.wait_for_more(kLeaveFullScreen));
  EXPECT_TRUE(terminal.becomes_as_before());
}

TEST(TerminalGuard, LeavesATerminalAloneThatWasGivenBack) {
  PseudoTerminal terminal;
  terminal.start([] {
    const TerminalGuard guard;
    TerminalTop top(&guard);
    top.suspend();
    std::printf("\x1b[?1049h");  // somebody else's full screen
    std::fflush(stdout);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(terminal.finish(), -1);
  EXPECT_FALSE(terminal.wait_for_more(std::string(kEnterFullScreen) + kLeaveFullScreen));
}

TEST(TerminalTop, SaysThatATerminalTypeIsUnknown) {
  PseudoTerminal terminal;
  terminal.start(
      [] {
        try {
          const TerminalTop top;
        } catch (const Error& error) {
          return std::strstr(error.what(), "no-such-terminal") != nullptr ? 0 : 1;
        }
        return 2;
      },
      "no-such-terminal");
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_TRUE(terminal.is_as_before());
}

TEST(TerminalTop, RefusesToStartWithoutATerminal) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    try {
      const TerminalTop top;
    } catch (const Error&) {
      ::_exit(0);
    }
    ::_exit(1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace tmbpf::test
