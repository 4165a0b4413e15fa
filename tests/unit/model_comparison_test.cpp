// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/model_snapshot_pair.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

using Texts = std::vector<std::string>;

std::string place(const GroupKey& key, const TracebackTable& table) {
  std::string text;
  for (const Frame& frame : frames_of(key, table)) {
    text += (text.empty() ? "" : ">") + to_string(frame, table);
  }
  return text;
}

Texts groups(const Snapshot& snapshot, KeyType type, Cumulative cumulative = Cumulative::no) {
  Texts texts;
  for (const Statistic& each : statistics(snapshot, type, cumulative)) {
    texts.push_back(
        fmt::format("{} {} {}", place(each.key, snapshot.table()), each.size, each.count));
  }
  return texts;
}

Texts differences(const SnapshotPair& pair, KeyType type) {
  Texts texts;
  for (const StatisticDiff& each : compare_to(pair.snapshot, pair.old, type)) {
    texts.push_back(fmt::format("{} {} {:+} {} {:+}", place(each.key, pair.snapshot.table()),
                                each.size, each.size_diff, each.count, each.count_diff));
  }
  return texts;
}

TEST(Comparison, ByLineHasWhatIsNewGoneAndUnchanged) {
  const SnapshotPair pair;
  EXPECT_EQ(groups(pair.old, KeyType::lineno),
            (Texts{"main.py:30 500 1", "load.py:8 80 2", "<unknown>:0 9 1"}));
  EXPECT_EQ(groups(pair.snapshot, KeyType::lineno),
            (Texts{"parse.py:20 1003 2", "cache.py:77 90 1", "load.py:8 80 2"}));
  EXPECT_EQ(differences(pair, KeyType::lineno),
            (Texts{"parse.py:20 1003 +1003 2 +2", "main.py:30 0 -500 0 -1",
                   "cache.py:77 90 +90 1 +1", "<unknown>:0 0 -9 0 -1", "load.py:8 80 +0 2 +0"}));
}

TEST(Comparison, ByFileHasLineZero) {
  const SnapshotPair pair;
  EXPECT_EQ(groups(pair.snapshot, KeyType::filename),
            (Texts{"parse.py:0 1003 2", "cache.py:0 90 1", "load.py:0 80 2"}));
  EXPECT_EQ(differences(pair, KeyType::filename).front(), "parse.py:0 1003 +1003 2 +2");
  EXPECT_EQ(differences(pair, KeyType::filename).size(), 5U);
}

TEST(Comparison, ByTracebackIsOldestFrameFirst) {
  const SnapshotPair pair;
  EXPECT_EQ(groups(pair.snapshot, KeyType::traceback),
            (Texts{"main.py:3>load.py:9>parse.py:20 1003 2", "cache.py:77 90 1",
                   "main.py:3>load.py:8 80 2"}));
  EXPECT_EQ(differences(pair, KeyType::traceback).back(), "main.py:3>load.py:8 80 +0 2 +0");
  EXPECT_THROW(statistics(pair.snapshot, KeyType::traceback, Cumulative::yes), Error);
  EXPECT_THROW(statistics(pair.snapshot, KeyType::traceback, Cumulative::unique), Error);
}

TEST(Comparison, CumulativelyCountsEveryFrame) {
  const SnapshotPair pair;
  EXPECT_EQ(groups(pair.snapshot, KeyType::lineno, Cumulative::yes),
            (Texts{"main.py:3 1083 4", "parse.py:20 1003 2", "load.py:9 1003 2", "cache.py:77 90 1",
                   "load.py:8 80 2"}));
  EXPECT_EQ(groups(pair.snapshot, KeyType::filename, Cumulative::yes).front(), "main.py:0 1083 4");
}

TEST(Comparison, UniquelyCountsABlockOnceInAGroup) {
  Snapshot snapshot;
  SnapshotPair::add(snapshot, 0, 10, {{"r.py", 1}, {"r.py", 1}, {"r.py", 2}, {"m.py", 5}}, 4);
  EXPECT_EQ(groups(snapshot, KeyType::filename, Cumulative::yes),
            (Texts{"r.py:0 30 3", "m.py:0 10 1"}));
  EXPECT_EQ(groups(snapshot, KeyType::filename, Cumulative::unique),
            (Texts{"r.py:0 10 1", "m.py:0 10 1"}));
  EXPECT_EQ(groups(snapshot, KeyType::lineno, Cumulative::unique),
            (Texts{"r.py:2 10 1", "r.py:1 10 1", "m.py:5 10 1"}));
}

TEST(Comparison, AddsEstimatesAndRoundsAtTheEnd) {
  Snapshot snapshot;
  const FrameId frame = snapshot.add_frame(snapshot.add_string("a.py"), 1);
  const TracebackId traceback = snapshot.add_traceback(std::array{frame}, 1);
  for (const double weight : {2.5, 2.25, 3.0, 0.5}) {
    snapshot.add_trace({.traceback = traceback, .size = 100, .weight = weight});
  }
  EXPECT_EQ(groups(snapshot, KeyType::lineno), (Texts{"a.py:1 825 8"}));
}

TEST(Comparison, NeedsOneTable) {
  const SnapshotPair one;
  const SnapshotPair other;
  EXPECT_THROW(compare_to(one.snapshot, other.snapshot, KeyType::lineno), Error);
}

TEST(TraceList, GivesEachTraceByItsIndex) {
  const SnapshotPair pair;
  const TraceList& traces = pair.snapshot.traces();
  std::size_t index = 0;
  for (const Trace& trace : traces) {
    EXPECT_EQ(trace, traces[index++]);
  }
  EXPECT_EQ(index, traces.size());
  const auto frames = pair.snapshot.table().traceback(traces[0].traceback).frames;
  EXPECT_EQ(pair.snapshot.table().frame(frames.first(1)[0]).lineno, 8U);
}

}  // namespace
}  // namespace tmbpf::test
