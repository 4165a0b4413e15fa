// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/user_data_command.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tmbpf::test {
namespace {

UserData run(const std::string& command) {
  return run_user_data(command, 4711, [] { return false; });
}

TEST(UserDataCommand, what_it_prints_comes_without_its_last_newline) {
  const UserData data = run("echo $TMBPF_PID; printf 'a\\0b\\377\\n\\n'");
  EXPECT_EQ(data.text, std::string("4711\na\0b\xff\n", 10));
  EXPECT_EQ(data.error, "");
}

TEST(UserDataCommand, its_failures_have_names) {
  EXPECT_EQ(run("exit 3").error, "the command failed: exit status 3");
  EXPECT_EQ(run("kill -15 $$").error, "the command was killed by signal 15");
  EXPECT_EQ(run("echo half; false").text, "half");
}

TEST(UserDataCommand, as_much_as_is_kept_is_not_cut) {
  const std::string most = std::to_string(kMostUserData);
  const UserData data = run("head -c " + most + " /dev/zero");
  EXPECT_EQ(data.text.size(), kMostUserData);
  EXPECT_EQ(data.error, "");
  EXPECT_NE(run("head -c " + most + "1 /dev/zero").error, "");
}

TEST(UserDataCommand, who_asks_it_may_give_up) {
  const auto begin = std::chrono::steady_clock::now();
  const UserData data = run_user_data("echo begun; sleep 30", 1, [begin] {
    return std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(500);
  });
  EXPECT_EQ(data.text, "begun");
  EXPECT_EQ(data.error, "the command was interrupted");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(UserDataCommand, one_that_closes_its_output_is_waited_for) {
  EXPECT_EQ(run("exec >&-; sleep 0.3; exit 4").error, "the command failed: exit status 4");
}

}  // namespace
}  // namespace tmbpf::test
