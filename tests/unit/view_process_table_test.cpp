// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "userspace/view/human_text.h"
#include "userspace/view/process_table.h"

namespace tmbpf {
namespace {

using Lines = std::vector<std::string>;

const ProcessRow kApp{.pid = 71,
                      .version = "3.11.2",
                      .build = "PGO+LTO static",
                      .command = "app.py --port 80",
                      .resident = 12 << 20,
                      .state = "session"};
const ProcessRow kRefused{.pid = 1234567,
                          .build = "debug static",
                          .command = "bad\x1b[31m.py",
                          .resident = 5 << 10,
                          .state = "no",
                          .note = "runs a debug build"};

TEST(ProcessTable, columns_stand_below_their_titles) {
  const std::vector<ProcessRow> rows{kApp, kRefused};
  EXPECT_EQ(process_table(rows, 100),
            (Lines{"    PID       RSS  Version  Build           Traceable  Command",
                   "     71  12.0 MiB  3.11.2   PGO+LTO static  session    app.py --port 80",
                   "1234567    5120 B  ?        debug static    no         bad\\x1b[31m.py",
                   "    runs a debug build"}));
}

TEST(ProcessTable, a_long_command_and_a_long_note_are_cut_at_the_width) {
  ProcessRow row = kRefused;
  row.command = std::string(500, 'x');
  row.note = std::string(500, 'y');
  for (const std::size_t width : {80U, 120U}) {
    const Lines lines = process_table(std::vector{row}, width);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(text_width(lines[1]), width);
    EXPECT_TRUE(lines[1].ends_with("x..."));
    EXPECT_EQ(text_width(lines[2]), width);
    EXPECT_TRUE(lines[2].ends_with("y..."));
  }
}

TEST(ProcessTable, a_newline_in_a_command_makes_no_new_line) {
  ProcessRow row = kApp;
  row.command = "a\nb\rc\x9b";
  for (const std::string& line : process_table(std::vector{row}, 80)) {
    EXPECT_EQ(line.find_first_of("\n\r"), std::string::npos);
  }
}

}  // namespace
}  // namespace tmbpf
