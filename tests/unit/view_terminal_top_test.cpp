// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/unit/view_pseudo_terminal.h"
#include "userspace/view/terminal_top.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

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
