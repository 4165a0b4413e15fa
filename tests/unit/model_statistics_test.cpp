// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

using Line = std::pair<std::string, std::uint32_t>;

TracebackId traceback_of(Snapshot& snapshot, const std::vector<Line>& most_recent_first,
                         const std::string& function = {}) {
  std::vector<FrameId> frames;
  frames.reserve(most_recent_first.size());
  for (const auto& [filename, lineno] : most_recent_first) {
    frames.push_back(
        snapshot.add_frame(snapshot.add_string(filename), lineno, snapshot.add_string(function)));
  }
  return snapshot.add_traceback(frames, static_cast<std::uint32_t>(frames.size()));
}

void add(Snapshot& snapshot, std::uint64_t size, const std::vector<Line>& most_recent_first,
         const std::string& function = {}) {
  snapshot.add_trace(
      {.traceback = traceback_of(snapshot, most_recent_first, function), .size = size});
}

std::vector<std::string> texts(const Snapshot& snapshot, KeyType key_type,
                               Cumulative cumulative = Cumulative::no) {
  std::vector<std::string> result;
  for (const Statistic& statistic : statistics(snapshot, key_type, cumulative)) {
    result.push_back(to_string(statistic, snapshot.table()));
  }
  return result;
}

using Texts = std::vector<std::string>;

TEST(Statistics, OfAnEmptySnapshotAreEmpty) {
  const Snapshot snapshot;
  EXPECT_TRUE(statistics(snapshot, KeyType::lineno).empty());
  EXPECT_TRUE(statistics(snapshot, KeyType::traceback).empty());
}

TEST(Statistics, GroupByTheMostRecentFrame) {
  Snapshot snapshot;
  add(snapshot, 10, {{"a.py", 2}, {"b.py", 4}});
  add(snapshot, 10, {{"a.py", 2}, {"b.py", 5}});
  add(snapshot, 5, {{"a.py", 5}});
  add(snapshot, 3, {{"b.py", 2}});
  EXPECT_EQ(texts(snapshot, KeyType::lineno), (Texts{"a.py:2: size=20 B, count=2, average=10 B",
                                                     "a.py:5: size=5 B, count=1, average=5 B",
                                                     "b.py:2: size=3 B, count=1, average=3 B"}));
  EXPECT_EQ(texts(snapshot, KeyType::filename), (Texts{"a.py:0: size=25 B, count=3, average=8 B",
                                                       "b.py:0: size=3 B, count=1, average=3 B"}));
}

TEST(Statistics, OfATracebackNameItsOldestFrame) {
  Snapshot snapshot;
  add(snapshot, 10, {{"site.py", 2}, {"root.py", 4}});
  const auto result = statistics(snapshot, KeyType::traceback);
  ASSERT_EQ(result.size(), 1U);
  const std::vector<Frame> frames = frames_of(result[0].key, snapshot.table());
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(snapshot.table().string(frames[0].filename), "root.py");
  EXPECT_EQ(to_string(result[0], snapshot.table()), "root.py:4: size=10 B, count=1, average=10 B");
}

TEST(Statistics, CumulativelyCountEveryFrameEvenTheSameOneTwice) {
  Snapshot snapshot;
  add(snapshot, 20, {{"b.py", 1}, {"b.py", 1}, {"a.py", 1}});
  EXPECT_EQ(texts(snapshot, KeyType::lineno, Cumulative::yes),
            (Texts{"b.py:1: size=40 B, count=2, average=20 B",
                   "a.py:1: size=20 B, count=1, average=20 B"}));
}

TEST(Statistics, RefuseCumulativeTracebacks) {
  const Snapshot snapshot;
  try {
    statistics(snapshot, KeyType::traceback, Cumulative::yes);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), ExitStatus::usage);
    EXPECT_NE(std::string(error.what()).find("traceback"), std::string::npos);
  }
}

TEST(Statistics, IgnoreFunctionNamesWhereTracemallocHasNone) {
  Snapshot snapshot;
  add(snapshot, 1, {{"a.py", 1}}, "first");
  add(snapshot, 2, {{"a.py", 1}}, "second");
  for (const KeyType key_type : {KeyType::lineno, KeyType::traceback}) {
    const auto result = statistics(snapshot, key_type);
    ASSERT_EQ(result.size(), 1U);
    EXPECT_EQ(result[0].size, 3U);
    EXPECT_EQ(snapshot.table().string(frames_of(result[0].key, snapshot.table()).back().function),
              "first");
  }
}

TEST(Statistics, GroupByFunctionAcrossLines) {
  Snapshot snapshot;
  add(snapshot, 1, {{"a.py", 1}}, "f");
  add(snapshot, 2, {{"a.py", 2}}, "f");
  add(snapshot, 4, {{"a.py", 2}}, "g");
  add(snapshot, 8, {{"b.py", 2}}, "g");
  EXPECT_EQ(texts(snapshot, KeyType::function), (Texts{"b.py:g: size=8 B, count=1, average=8 B",
                                                       "a.py:g: size=4 B, count=1, average=4 B",
                                                       "a.py:f: size=3 B, count=2, average=2 B"}));
}

TEST(Statistics, JoinTracebacksThatDifferInTotalNframeOnly) {
  Snapshot snapshot;
  const FrameId frame = snapshot.add_frame(snapshot.add_string("a.py"), 1);
  for (const std::uint32_t total : {1U, 2U, 65535U}) {
    snapshot.add_trace(
        {.traceback = snapshot.add_traceback(std::span(&frame, 1), total), .size = 1});
  }
  EXPECT_EQ(statistics(snapshot, KeyType::traceback).size(), 1U);
}

TEST(Statistics, BreakTiesByCountThenByTracebackFromTheOldestFrame) {
  Snapshot snapshot;
  add(snapshot, 10, {{"z.py", 1}, {"a.py", 9}});
  add(snapshot, 10, {{"a.py", 1}, {"b.py", 9}});
  add(snapshot, 10, {{"a.py", 1}, {"b.py", 10}});
  add(snapshot, 5, {{"m.py", 1}});
  add(snapshot, 5, {{"m.py", 1}});
  EXPECT_EQ(
      texts(snapshot, KeyType::traceback),
      (Texts{"m.py:1: size=10 B, count=2, average=5 B", "b.py:10: size=10 B, count=1, average=10 B",
             "b.py:9: size=10 B, count=1, average=10 B",
             "a.py:9: size=10 B, count=1, average=10 B"}));
}

TEST(Statistics, HaveNoAverageWithoutBlocks) {
  TracebackTable table;
  const Statistic nothing{.key = {.frame = {.filename = table.add_string("a.py"), .lineno = 1}}};
  EXPECT_EQ(to_string(nothing, table), "a.py:1: size=0 B, count=0");
}

TEST(KeyType, IsParsedFromItsName) {
  EXPECT_EQ(parse_key_type("lineno"), KeyType::lineno);
  EXPECT_EQ(parse_key_type("filename"), KeyType::filename);
  EXPECT_EQ(parse_key_type("traceback"), KeyType::traceback);
  EXPECT_EQ(parse_key_type("function"), KeyType::function);
  EXPECT_EQ(parse_key_type("Lineno"), std::nullopt);
  EXPECT_EQ(parse_key_type(""), std::nullopt);
}

}  // namespace
}  // namespace tmbpf::test
