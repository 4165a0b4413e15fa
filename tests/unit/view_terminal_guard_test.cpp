// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "tests/unit/view_pseudo_terminal.h"
#include "userspace/view/terminal_guard.h"
#include "userspace/view/terminal_top.h"

namespace tmbpf::test {
namespace {

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

}  // namespace
}  // namespace tmbpf::test
