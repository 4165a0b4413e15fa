// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/model_snapshot_pair.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/python_repr.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

using Texts = std::vector<std::string>;

class PrintedForm : public testing::Test {
 protected:
  [[nodiscard]] Texts formatted(std::optional<std::int64_t> limit, bool most_recent_first) const {
    const GroupKey key{.type = KeyType::traceback,
                       .traceback = pair_.snapshot.traces()[0].traceback};
    const SourceReader source = [](std::string_view filename, std::uint32_t lineno) {
      return std::optional(fmt::format("\t{} {} ", filename, lineno));
    };
    return format_frames(frames_of(key, table_), table_, source, limit, most_recent_first);
  }

  const SnapshotPair pair_;
  const TracebackTable& table_ = pair_.snapshot.table();
};

TEST_F(PrintedForm, OfATraceItsTracebackAndAFrameIsTheOldestLine) {
  const Trace trace = pair_.snapshot.traces()[0];
  const Traceback traceback = table_.traceback(trace.traceback);
  EXPECT_EQ(to_string(trace, table_), "main.py:3: 40 B");
  EXPECT_EQ(to_string(traceback, table_), "main.py:3");
  EXPECT_EQ(to_string(table_.frame(traceback.frames.back()), table_), "main.py:3");
  EXPECT_EQ(repr_of(trace, table_),
            "<Trace domain=0 size=40 B, traceback=<Traceback (<Frame filename='main.py' lineno=3>, "
            "<Frame filename='load.py' lineno=8>) total_nframe=5>>");
}

TEST_F(PrintedForm, OfAStatisticHasSizeCountAndAverage) {
  const auto groups = statistics(pair_.snapshot, KeyType::lineno);
  EXPECT_EQ(to_string(groups[0], table_), "parse.py:20: size=1003 B, count=2, average=502 B");
  EXPECT_EQ(repr_of(groups[2], table_),
            "<Statistic traceback=<Traceback (<Frame filename='load.py' lineno=8>,)> size=80 "
            "count=2>");
}

TEST_F(PrintedForm, OfADifferenceHasSignedNumbers) {
  const auto groups = compare_to(pair_.snapshot, pair_.old, KeyType::lineno);
  EXPECT_EQ(to_string(groups[0], table_),
            "parse.py:20: size=1003 B (+1003 B), count=2 (+2), average=502 B");
  EXPECT_EQ(to_string(groups[1], table_), "main.py:30: size=0 B (-500 B), count=0 (-1)");
  EXPECT_EQ(repr_of(groups[1], table_),
            "<StatisticDiff traceback=<Traceback (<Frame filename='main.py' lineno=30>,)> size=0 "
            "(-500) count=0 (-1)>");
}

TEST_F(PrintedForm, OfEstimatesHasTheirErrors) {
  Statistic group = statistics(pair_.snapshot, KeyType::lineno)[0];
  group.size_error = 50000;
  group.count_error = 3;
  EXPECT_EQ(to_string(group, table_),
            "parse.py:20: size=1003 B +-48.8 KiB, count=2 +-3, average=502 B");
  StatisticDiff diff = compare_to(pair_.snapshot, pair_.old, KeyType::lineno)[0];
  diff.size_error = 100;
  diff.count_error = 1;
  diff.size_diff_error = 90;
  EXPECT_EQ(to_string(diff, table_),
            "parse.py:20: size=1003 B +-100 B (+1003 B +-90 B), count=2 +-1 (+2), average=502 B");
}

TEST_F(PrintedForm, OfATracebackHasItsSourceLinesStripped) {
  const Texts main{"  File \"main.py\", line 3", "    main.py 3"};
  const Texts load{"  File \"load.py\", line 8", "    load.py 8"};
  const auto both = [](Texts first, const Texts& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  EXPECT_EQ(formatted(std::nullopt, false), both(main, load));
  EXPECT_EQ(formatted(std::nullopt, true), both(load, main));
  EXPECT_EQ(formatted(1, false), load);
  EXPECT_EQ(formatted(1, true), load);
  EXPECT_EQ(formatted(-1, false), main);
  EXPECT_EQ(formatted(-1, true), main);
  EXPECT_EQ(formatted(-2, false), Texts());
  EXPECT_EQ(formatted(std::numeric_limits<std::int64_t>::min(), false), Texts());
  EXPECT_EQ(formatted(0, false), Texts());
  EXPECT_EQ(formatted(std::numeric_limits<std::int64_t>::max(), false), both(main, load));
}

TEST(PythonRepr, QuotesAndEscapesAsPythonDoes) {
  EXPECT_EQ(python_repr("a'b"), "\"a'b\"");
  EXPECT_EQ(python_repr("a'\"b"), "'a\\'\"b'");
  EXPECT_EQ(python_repr("\n\r\t\x01\x7f\\"), "'\\n\\r\\t\\x01\\x7f\\\\'");
  EXPECT_EQ(python_repr("\xc3\xa9\xc2\x85\xe2\x80\xa8\xed\xb3\xbf\xf0\x9f\x90\x8d"),
            "'\xc3\xa9\\x85\\u2028\\udcff\xf0\x9f\x90\x8d'");
}

}  // namespace
}  // namespace tmbpf::test
