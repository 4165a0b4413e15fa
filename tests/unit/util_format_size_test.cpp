// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/util_command.h"
#include "tests/unit/util_python_interpreter.h"
#include "tests/unit/util_scratch_directory.h"
#include "util/format_size.h"

namespace tmbpf::test {
namespace {

TEST(FormatSize, ChangesUnitsWhereTracemallocDoes) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(10239), "10239 B");
  EXPECT_EQ(format_size(10240), "10.0 KiB");
  EXPECT_EQ(format_size(102399), "100.0 KiB");
  EXPECT_EQ(format_size(102400), "100 KiB");
  EXPECT_EQ(format_size(10485759), "10240 KiB");
  EXPECT_EQ(format_size(10485760), "10.0 MiB");
}

TEST(FormatSize, RoundsHalfToEvenAsPythonDoes) {
  EXPECT_EQ(format_size(2.5), "2 B");
  EXPECT_EQ(format_size(3.5), "4 B");
}

TEST(FormatSize, ShowsASignOnlyOnRequest) {
  EXPECT_EQ(format_size(0, true), "+0 B");
  EXPECT_EQ(format_size(1, true), "+1 B");
  EXPECT_EQ(format_size(-20480), "-20.0 KiB");
  EXPECT_EQ(format_size(-20480, true), "-20.0 KiB");
}

std::vector<std::int64_t> sizes_of_all_magnitudes() {
  std::mt19937_64 random(1);
  std::vector<std::int64_t> sizes;
  for (int shift = 0; shift < 60; ++shift) {
    for (int i = 0; i < 20; ++i) {
      sizes.push_back(static_cast<std::int64_t>(random() >> 4U) >> shift);
    }
    for (const std::int64_t offset : {-1, 0, 1}) {
      sizes.push_back((std::int64_t{1} << shift) + offset);
      sizes.push_back((std::int64_t{100} << (shift % 50)) + offset);
      sizes.push_back(-(std::int64_t{10240} << (shift % 45)) + offset);
    }
  }
  return sizes;
}

TEST(FormatSize, PrintsWhatCPythonPrintsForAnyMagnitude) {
  const auto python = find_python();
  ASSERT_TRUE(python.has_value()) << "no Python 3.9 or later in PATH";
  const ScratchDirectory directory;
  std::ostringstream input;
  std::string ours;
  for (const std::int64_t size : sizes_of_all_magnitudes()) {
    input << size << '\n';
    ours += format_size(static_cast<double>(size)) + "|" +
            format_size(static_cast<double>(size), true) + "\n";
  }
  write_file(directory.path("sizes"), input.str());
  const CommandResult theirs =
      run_command({*python, "-c",
                   "import sys\n"
                   "from tracemalloc import _format_size as f\n"
                   "for n in map(int, open(sys.argv[1])): print(f(n, False), f(n, True), sep='|')",
                   directory.path("sizes")});
  ASSERT_EQ(theirs.exit_status, 0);
  EXPECT_EQ(ours, theirs.output);
}

}  // namespace
}  // namespace tmbpf::test
