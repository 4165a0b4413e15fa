// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/output_series.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/util_scratch_directory.h"

namespace tmbpf::test {
namespace {

constexpr std::time_t kTime = 1'700'000'000;  // 2023-11-14 22:13:20 UTC

class OutputSeriesTest : public testing::Test {
 protected:
  void make(const std::string& name) { write_file(directory_.path(name), ""); }
  [[nodiscard]] OutputTemplate names(const std::string& text) const {
    return OutputTemplate(directory_.path(text));
  }

  ScratchDirectory directory_;
};

TEST_F(OutputSeriesTest, the_counter_begins_with_1_and_each_name_is_new) {
  const OutputTemplate names = this->names("a-$counter.pickle");
  OutputSeries series(names, 7);
  EXPECT_EQ(series.continues(), 0U);
  EXPECT_EQ(series.next(kTime), directory_.path("a-0001.pickle"));
  EXPECT_EQ(series.next(kTime), directory_.path("a-0002.pickle"));
}

TEST_F(OutputSeriesTest, the_counter_goes_on_after_the_highest_that_exists) {
  for (const char* name : {"7-0002-x", "7-0011-x", "8-0050-x", "7-0099-y", "7-12-x", "77-0060-x"}) {
    make(name);
  }
  const OutputTemplate names = this->names("$pid-$counter-x");
  OutputSeries series(names, 7);
  EXPECT_EQ(series.continues(), 11U);
  EXPECT_EQ(series.next(kTime), directory_.path("7-0012-x"));
}

TEST_F(OutputSeriesTest, the_counter_does_not_go_back_when_files_go) {
  const OutputTemplate names = this->names("$counter");
  OutputSeries series(names, 7);
  make("0001");
  EXPECT_EQ(series.next(kTime), directory_.path("0002"));
  std::filesystem::remove(directory_.path("0001"));
  EXPECT_EQ(series.next(kTime), directory_.path("0003"));
}

TEST_F(OutputSeriesTest, more_than_9999_files_have_more_digits) {
  make("9999");
  const OutputTemplate names = this->names("$counter");
  EXPECT_EQ(OutputSeries(names, 7).next(kTime), directory_.path("10000"));
  make("123456");
  EXPECT_EQ(OutputSeries(names, 7).next(kTime), directory_.path("123457"));
}

TEST_F(OutputSeriesTest, the_counters_of_all_times_are_one_series) {
  make("20200101T000000Z.a+b(0003)");
  make("20200101T000000Z-2.a+b(0004)");
  const OutputTemplate names = this->names("$timestamp.a+b($counter)");
  OutputSeries series(names, 7);
  EXPECT_EQ(series.next(kTime), directory_.path("20231114T221320Z.a+b(0005)"));
}

TEST_F(OutputSeriesTest, names_of_one_second_differ) {
  const OutputTemplate names = this->names("$timestamp.csv");
  OutputSeries series(names, 7);
  for (const char* name :
       {"20231114T221320Z.csv", "20231114T221320Z-2.csv", "20231114T221320Z-3.csv"}) {
    EXPECT_EQ(series.next(kTime), directory_.path(name));
    make(name);
  }
}

TEST_F(OutputSeriesTest, a_name_without_words_stays_even_when_it_exists) {
  make("a");
  const OutputTemplate names = this->names("a");
  OutputSeries series(names, 7);
  EXPECT_EQ(series.next(kTime), directory_.path("a"));
  EXPECT_EQ(series.next(kTime), directory_.path("a"));
}

TEST_F(OutputSeriesTest, a_folder_that_is_missing_counts_as_empty) {
  const OutputTemplate names = this->names("missing/$counter");
  EXPECT_EQ(OutputSeries(names, 7).next(kTime), directory_.path("missing/0001"));
}

}  // namespace
}  // namespace tmbpf::test
