// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/output_template.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/unit/util_scratch_directory.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

constexpr std::time_t kTime = 1'700'000'000;  // 2023-11-14 22:13:20 UTC

TEST(OutputTemplate, a_name_without_words_stays_as_it_is) {
  const OutputTemplate names("some/file.pb.gz");
  EXPECT_EQ(names.name(7, kTime), "some/file.pb.gz");
  EXPECT_FALSE(names.differs_by_process());
}

TEST(OutputTemplate, each_word_is_replaced_wherever_it_stands) {
  EXPECT_EQ(OutputTemplate("$pid/a-$pid.pickle").name(4711, kTime), "4711/a-4711.pickle");
  EXPECT_EQ(OutputTemplate("$timestamp.pickle").name(1, kTime), "20231114T221320Z.pickle");
  EXPECT_EQ(OutputTemplate("a$$pid$$.pickle").name(1, kTime), "a$pid$.pickle");
  EXPECT_EQ(OutputTemplate("a$pids").name(12, kTime), "a12s");
}

TEST(OutputTemplate, only_the_pid_and_the_counter_keep_processes_apart) {
  EXPECT_TRUE(OutputTemplate("$pid").differs_by_process());
  EXPECT_TRUE(OutputTemplate("$counter").differs_by_process());
  EXPECT_FALSE(OutputTemplate("$timestamp").differs_by_process());
  EXPECT_FALSE(OutputTemplate("$$pid").differs_by_process());
}

TEST(OutputTemplate, the_counter_is_the_first_number_that_no_file_has) {
  const ScratchDirectory directory;
  const OutputTemplate names(directory.path("a-$counter.pickle"));
  EXPECT_EQ(names.name(1, kTime), directory.path("a-0001.pickle"));
  write_file(directory.path("a-0001.pickle"), "");
  ASSERT_EQ(::symlink("nowhere", directory.path("a-0002.pickle").c_str()), 0);
  EXPECT_EQ(names.name(1, kTime), directory.path("a-0003.pickle"));
}

TEST(OutputTemplate, counters_of_other_pids_are_other_counters) {
  const ScratchDirectory directory;
  const OutputTemplate names(directory.path("$pid-$counter"));
  write_file(directory.path("1-0001"), "");
  EXPECT_EQ(names.name(1, kTime), directory.path("1-0002"));
  EXPECT_EQ(names.name(2, kTime), directory.path("2-0001"));
}

TEST(OutputTemplate, an_unknown_word_is_refused_with_the_known_ones) {
  for (const char* text : {"$", "a$", "$Pid", "$cpid", "$ pid", "$pid$"}) {
    try {
      const OutputTemplate names{std::string(text)};
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), ExitStatus::usage) << text;
      EXPECT_NE(error.hint().find("$counter"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace tmbpf::test
