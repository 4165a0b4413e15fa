// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "userspace/view/human_text.h"
#include "userspace/view/table_view.h"

namespace tmbpf::test {
namespace {

class TableView : public testing::Test {
 protected:
  Frame frame(std::string_view filename, std::uint32_t lineno, std::string_view function = {}) {
    return {.filename = table_.add_string(filename),
            .lineno = lineno,
            .function = table_.add_string(function)};
  }

  void add(const std::vector<Frame>& oldest_first, std::uint64_t size, std::uint64_t count,
           KeyType type = KeyType::lineno) {
    std::vector<FrameId> frames;
    for (const Frame& frame : oldest_first) {
      frames.insert(frames.begin(), table_.add_frame(frame));
    }
    GroupKey key{.type = type, .frame = oldest_first.back()};
    if (type == KeyType::traceback) {
      key.traceback = table_.add_traceback(frames, static_cast<std::uint32_t>(frames.size()));
    }
    statistics_.push_back({.key = key, .size = size, .count = count});
  }

  void add_a_decoder_and_a_leak() {
    add({frame("/usr/lib/python3.11/json/decoder.py", 353, "JSONDecoder.raw_decode")}, 10700000,
        1000);
    add({frame("/srv/shop/leak.py", 17, "Service.remember.<locals>.closure")}, 1700000, 123456);
    add({frame("<unknown>", 0)}, 96, 3);
  }

  [[nodiscard]] TableInput input() const {
    return {.table = table_, .statistics = statistics_, .totals = totals_};
  }

  TracebackTable table_;
  std::vector<Statistic> statistics_;
  TableTotals totals_{.pid = 4242,
                      .command = "/usr/bin/python3 leak.py",
                      .state = "tracing",
                      .elapsed = 12.7,
                      .mode = "exact",
                      .frames = 10,
                      .traced_current = 12400096,
                      .traced_peak = 14000000,
                      .live_blocks = 124459,
                      .process_rss = 89000000,
                      .tracer_memory = 34000000,
                      .lost = 0,
                      .coverage = 1.0,
                      .notes = {}};
};

TEST_F(TableView, ShowsTotalsThenOneRowPerLine) {
  add_a_decoder_and_a_leak();
  EXPECT_EQ(render_table(input()), R"(pid 4242: /usr/bin/python3 leak.py
tracing for 12 s | mode exact | 10 frames
traced 11.8 MiB in 124,459 blocks | peak 13.4 MiB | process RSS 84.9 MiB
tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %

#      Size   Share    Count   Average  Location                                Function
1  10.2 MiB  86.3 %    1,000  10.4 KiB  .../lib/python3.11/json/decoder.py:353  ...ecoder.raw_decode
2  1660 KiB  13.7 %  123,456      14 B  /srv/shop/leak.py:17                    ....<locals>.closure
3      96 B   0.0 %        3      32 B  <unknown>:0
)");
}

TEST_F(TableView, ShortensPathsAndWrapsTotalsOnANarrowTerminal) {
  add_a_decoder_and_a_leak();
  TableInput narrow = input();
  narrow.width = 62;
  EXPECT_EQ(render_table(narrow), R"(pid 4242: /usr/bin/python3 leak.py
tracing for 12 s | mode exact | 10 frames
traced 11.8 MiB in 124,459 blocks | peak 13.4 MiB
process RSS 84.9 MiB
tracer memory 32.4 MiB | lost events 0 | coverage 100.00 %

#      Size   Share    Count   Average  Location
1  10.2 MiB  86.3 %    1,000  10.4 KiB  .../decoder.py:353
2  1660 KiB  13.7 %  123,456      14 B  /srv/shop/leak.py:17
3      96 B   0.0 %        3      32 B  <unknown>:0
)");
}

TEST_F(TableView, SumsUpWhatTheLimitLeavesOut) {
  add_a_decoder_and_a_leak();
  TableInput limited = input();
  limited.limit = 1;
  const std::vector<std::string> lines = table_lines(limited);
  EXPECT_EQ(lines.back(), "2 more: 1660 KiB in 123,459 blocks");
  EXPECT_TRUE(lines[lines.size() - 2].starts_with("1  10.2 MiB"));
}

TEST_F(TableView, KeepsToTheHeightByShowingFewerRows) {
  for (std::uint32_t line = 0; line < 100; ++line) {
    add({frame("a.py", line)}, 100, 1);
  }
  TableInput low = input();
  low.height = 12;
  const std::vector<std::string> lines = table_lines(low);
  EXPECT_EQ(lines.size(), 12U);
  EXPECT_EQ(lines.back(), "95 more: 9500 B in 95 blocks");
  low.height = 3;
  EXPECT_EQ(table_lines(low).size(), 3U);
}

TEST_F(TableView, NeverExceedsTheWidth) {
  add_a_decoder_and_a_leak();
  totals_.command = std::string(300, 'c');
  totals_.notes = {std::string(300, 'n')};
  for (std::size_t width = 0; width < 150; ++width) {
    TableInput any = input();
    any.width = width;
    for (const std::string& line : table_lines(any)) {
      EXPECT_LE(text_width(line), width) << line;
    }
  }
}

TEST_F(TableView, SendsNothingToTheTerminalThatATargetMadeUp) {
  totals_.command = "python3 \x1b]0;owned\x07";
  totals_.notes = {"odd \x1b[2J file"};
  add({frame("\x1b[31m.py", 1, "f\ng")}, 10, 1);
  const std::string text = render_table(input());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_NE(text.find("\\x1b[31m.py:1"), std::string::npos);
  EXPECT_NE(text.find("f\\x0ag"), std::string::npos);
  EXPECT_NE(text.find("note: odd \\x1b[2J file\n"), std::string::npos);
}

TEST_F(TableView, WarnsOfLostEventsAndShowsNotes) {
  totals_.lost = 1234;
  totals_.coverage.reset();
  totals_.notes = {"two sites not attached"};
  const std::string text = render_table(input());
  EXPECT_NE(text.find("lost events 1,234 | coverage not measured\n"), std::string::npos);
  EXPECT_NE(text.find("warning: 1,234 events lost, the numbers are incomplete\n"),
            std::string::npos);
  EXPECT_NE(text.find("note: two sites not attached\n"), std::string::npos);
}

TEST_F(TableView, SaysSoWhenNothingIsAlive) {
  totals_.traced_current = 0;
  EXPECT_EQ(table_lines(input()).back(), "no traced block is alive");
}

TEST_F(TableView, ShowsATracebackFromTheSiteToItsCallers) {
  add({frame("main.py", 1, "<module>"), frame("run.py", 2, "run"), frame("make.py", 3, "make")},
      12400096, 1, KeyType::traceback);
  const std::vector<std::string> lines = table_lines(input());
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[6], "1  11.8 MiB  100.0 %      1  11.8 MiB  make.py:3    make");
  EXPECT_EQ(lines[7], "                                         run.py:2   run");
  EXPECT_EQ(lines[8], "                                         main.py:1  <module>");
}

TEST_F(TableView, ShowsFilesAndFunctionsWithoutALine) {
  add({frame("a.py", 0)}, 50, 1, KeyType::filename);
  add({frame("b.py", 0, "g")}, 50, 1, KeyType::function);
  const std::vector<std::string> lines = table_lines(input());
  EXPECT_TRUE(lines[6].ends_with("  a.py")) << lines[6];
  EXPECT_TRUE(lines[7].ends_with("  b.py      g")) << lines[7];
}

}  // namespace
}  // namespace tmbpf::test
