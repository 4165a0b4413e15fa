// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/view_report_page.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

using Json = nlohmann::json;

// One block in frames (file, line), oldest first.
void add_block(Snapshot& snapshot, const std::vector<std::pair<std::string, std::uint32_t>>& frames,
               std::uint64_t size, double weight = 1) {
  std::vector<FrameId> ids;
  for (const auto& [file, line] : frames) {
    ids.insert(ids.begin(), snapshot.add_frame(snapshot.add_string(file), line,
                                               snapshot.add_string("in " + file)));
  }
  const TracebackId traceback =
      snapshot.add_traceback(ids, static_cast<std::uint32_t>(frames.size()));
  snapshot.add_trace({.traceback = traceback, .size = size, .weight = weight});
}

// The stacks of a report as text, "a.py:1 b.py:2", with one of their columns.
std::map<std::string, double> stacks(const Json& report, const std::string& column) {
  std::map<std::string, double> result;
  const Json& ends = report["stacks"].value("node", Json::array());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    std::string text;
    for (auto node = ends[i].get<std::int64_t>(); node >= 0;
         node = report["nodes"]["parent"][static_cast<std::size_t>(node)]) {
      const std::size_t frame = report["nodes"]["frame"][static_cast<std::size_t>(node)];
      const std::size_t file = report["frames"]["file"][frame];
      const std::string place =
          report["strings"][file].get<std::string>() + ":" + report["frames"]["line"][frame].dump();
      text.insert(0, text.empty() ? place : place + " ");
    }
    result[text] += report["stacks"][column][i].get<double>();
  }
  return result;
}

double sum(const Json& column) {
  double result = 0;
  for (const Json& value : column) {
    result += value.get<double>();
  }
  return result;
}

struct Totals {
  double size = 0;
  double count = 0;
};

Totals totals(const Snapshot& snapshot) {
  Totals result;
  for (const Trace& trace : snapshot.traces()) {
    result.size += static_cast<double>(trace.size) * trace.weight;
    result.count += trace.weight;
  }
  return result;
}

// Sums of weights may differ in their last digits, by the order of adding.
void expect_totals(const Json& report, const Totals& expected) {
  const Json none = Json::array();
  const double size =
      sum(report["stacks"].value("size", none)) + report["others"]["size"].get<double>();
  const double count =
      sum(report["stacks"].value("count", none)) + report["others"]["count"].get<double>();
  EXPECT_NEAR(size, expected.size, expected.size * 1e-12);
  EXPECT_NEAR(count, expected.count, expected.count * 1e-12);
  EXPECT_NEAR(report["snapshots"][0]["size"].get<double>(), expected.size, expected.size * 1e-12);
  EXPECT_NEAR(report["snapshots"][0]["count"].get<double>(), expected.count,
              expected.count * 1e-12);
}

TEST(ReportData, HasTheTotalsOfTheSnapshotWhateverTheLimit) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const Snapshot snapshot = random_snapshot(seed);
    for (const std::size_t limit :
         {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{50'000}}) {
      const Json report = report_json(snapshot, nullptr, {.max_tracebacks = limit});
      expect_totals(report, totals(snapshot));
      EXPECT_LE(stacks(report, "size").size(), limit);
    }
  }
}

TEST(ReportData, NamesEachTracebackOnceWithItsSums) {
  Snapshot snapshot;
  add_block(snapshot, {{"a.py", 1}, {"b.py", 2}}, 100);
  add_block(snapshot, {{"a.py", 1}, {"b.py", 2}}, 20);
  add_block(snapshot, {{"a.py", 1}}, 7);
  const Json report = report_json(snapshot);
  EXPECT_EQ(stacks(report, "size"),
            (std::map<std::string, double>{{"a.py:1 b.py:2", 120}, {"a.py:1", 7}}));
  EXPECT_EQ(stacks(report, "count"),
            (std::map<std::string, double>{{"a.py:1 b.py:2", 2}, {"a.py:1", 1}}));
  EXPECT_EQ(report["nodes"]["frame"].size(), 2);  // the common beginning once
  EXPECT_EQ(report["others"]["stacks"], 0);
  EXPECT_FALSE(report["stacks"].contains("oldSize"));
}

TEST(ReportData, CountsABlockAsManyAsItStandsFor) {
  Snapshot snapshot;
  add_block(snapshot, {{"a.py", 1}}, 100, 2.5);
  const Json report = report_json(snapshot);
  EXPECT_EQ(stacks(report, "size"), (std::map<std::string, double>{{"a.py:1", 250}}));
  EXPECT_EQ(stacks(report, "count"), (std::map<std::string, double>{{"a.py:1", 2.5}}));
}

TEST(ReportData, KeepsTheLargestTracebacksAndSumsTheOthers) {
  Snapshot snapshot;
  for (std::uint32_t line = 1; line <= 9; ++line) {
    add_block(snapshot, {{"a.py", line}}, std::uint64_t{10} * line);
  }
  const Json report = report_json(snapshot, nullptr, {.max_tracebacks = 2});
  EXPECT_EQ(stacks(report, "size"),
            (std::map<std::string, double>{{"a.py:9", 90}, {"a.py:8", 80}}));
  EXPECT_EQ(report["others"]["stacks"], 7);
  EXPECT_EQ(report["others"]["size"], 280);
  EXPECT_EQ(report["others"]["count"], 7);
}

TEST(ReportData, KeepsNoMoreNodesThanAllowed) {
  Snapshot snapshot;
  add_block(snapshot, {{"a.py", 1}, {"a.py", 2}, {"a.py", 3}}, 100);
  add_block(snapshot, {{"a.py", 1}, {"a.py", 2}, {"a.py", 4}}, 90);
  add_block(snapshot, {{"b.py", 1}, {"b.py", 2}}, 80);
  const Json report = report_json(snapshot, nullptr, {.max_tree_nodes = 4});
  EXPECT_EQ(report["nodes"]["frame"].size(), 4);
  EXPECT_EQ(stacks(report, "size").size(), 2);
  EXPECT_EQ(report["others"]["size"], 80);
}

TEST(ReportData, KeepsWhatWasLargeBeforeToo) {
  Snapshot now;
  Snapshot before;
  add_block(now, {{"a.py", 1}}, 10);
  add_block(before, {{"gone.py", 2}}, 1000);
  const Json report = report_json(now, &before, {.max_tracebacks = 1});
  EXPECT_EQ(stacks(report, "oldSize"), (std::map<std::string, double>{{"gone.py:2", 1000}}));
  EXPECT_EQ(report["others"]["size"], 10);
}

TEST(ReportData, PutsBothSidesOfATracebackTogetherWhetherTheTableIsSharedOrNot) {
  Snapshot before;
  add_block(before, {{"other.py", 5}}, 1);
  add_block(before, {{"a.py", 1}, {"b.py", 2}}, 30);
  Snapshot shared(before.shared_table());
  Snapshot apart;
  for (Snapshot* now : {&shared, &apart}) {
    add_block(*now, {{"a.py", 1}, {"b.py", 2}}, 100);
    add_block(*now, {{"new.py", 3}}, 50);
    const Json report = report_json(*now, &before);
    EXPECT_EQ(stacks(report, "size"),
              (std::map<std::string, double>{
                  {"a.py:1 b.py:2", 100}, {"new.py:3", 50}, {"other.py:5", 0}}));
    EXPECT_EQ(
        stacks(report, "oldSize"),
        (std::map<std::string, double>{{"a.py:1 b.py:2", 30}, {"new.py:3", 0}, {"other.py:5", 1}}));
    EXPECT_EQ(report["snapshots"].size(), 2);
  }
}

TEST(ReportData, ComparedWithItselfHasNoDifference) {
  const Snapshot snapshot = random_snapshot(7);
  const Json report = report_json(snapshot, &snapshot);
  EXPECT_EQ(report["stacks"]["size"], report["stacks"]["oldSize"]);
  EXPECT_EQ(report["stacks"]["count"], report["stacks"]["oldCount"]);
}

TEST(ReportData, TellsHowManyOlderFramesWereNotKept) {
  Snapshot snapshot;
  const FrameId frame = snapshot.add_frame(snapshot.add_string("a.py"), 1);
  snapshot.add_trace({.traceback = snapshot.add_traceback({{frame}}, 31), .size = 8});
  const Json report = report_json(snapshot);
  EXPECT_EQ(report["stacks"]["hidden"], Json::array({30}));
  EXPECT_EQ(report["snapshots"][0]["truncated"], 8);
}

// Of a column of stacks, and of the others.
std::array<double, kReplicates> summed_replicates(const Json& report, const std::string& column,
                                                  std::size_t metric) {
  std::array<double, kReplicates> sums{};
  Json pairs = report["stacks"].value(column, Json::array());
  pairs.push_back(report["others"][column]);
  for (const Json& pair : pairs) {
    for (std::size_t i = 0; pair != Json(0) && i < kReplicates; ++i) {
      sums[i] += pair[metric][i].get<double>();
    }
  }
  return sums;
}

TEST(ReportData, HasTheReplicatesOfEstimatesWhateverTheLimit) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto [snapshot, old] = random_estimates(seed);
    const ReplicateSum now = replicate_total_of(snapshot);
    const ReplicateSum before = replicate_total_of(old);
    for (const std::size_t limit : {std::size_t{0}, std::size_t{5}, std::size_t{50'000}}) {
      const Json report = report_json(snapshot, &old, {.max_tracebacks = limit});
      const auto sizes = summed_replicates(report, "replicates", 0);
      const auto old_counts = summed_replicates(report, "oldReplicates", 1);
      for (std::size_t i = 0; i < kReplicates; ++i) {  // written with six digits
        EXPECT_NEAR(sizes[i], now.sizes()[i], now.sizes()[i] * 1e-5);
        EXPECT_NEAR(old_counts[i], before.counts()[i], before.counts()[i] * 1e-5);
      }
    }
  }
}

TEST(ReportData, SaysWhichTracebacksAreExact) {
  Snapshot snapshot;
  add_block(snapshot, {{"a.py", 1}}, 1000);
  EXPECT_FALSE(report_json(snapshot)["stacks"].contains("replicates"));
  EXPECT_FALSE(report_json(snapshot)["others"].contains("replicates"));
  EXPECT_FALSE(report_json(snapshot).contains("sameSession"));
  snapshot.add_trace({.traceback = snapshot.add_traceback({}, 0),
                      .size = 100,
                      .weight = 2.5,
                      .replicates = snapshot.add_replicates({2.0F, 0.123456789F})});
  const Json replicates = report_json(snapshot)["stacks"]["replicates"];
  ASSERT_EQ(replicates.size(), 2U);
  EXPECT_EQ(replicates[0], 0);
  EXPECT_EQ(replicates[1][0][0], 200);
  EXPECT_EQ(replicates[1][1][0], 2);
  EXPECT_EQ(replicates[1][1][1], 0.123457);
  EXPECT_EQ(replicates[1][1][19], 0);
}

TEST(ReportData, StaysJsonWhenWeightsOverflow) {
  Snapshot snapshot;
  add_block(snapshot, {{"a.py", 1}}, ~std::uint64_t{0}, 1e308);
  add_block(snapshot, {{"a.py", 1}}, ~std::uint64_t{0}, 1e308);
  const Json report = report_json(snapshot);
  EXPECT_EQ(sum(report["stacks"]["size"]), 1e30);
  EXPECT_EQ(report["snapshots"][0]["size"], 1e30);
}

TEST(ReportData, OfAnEmptySnapshotIsEmpty) {
  const Json report = report_json(Snapshot());
  EXPECT_EQ(report["nodes"]["frame"], Json::array());
  EXPECT_TRUE(stacks(report, "size").empty());
  EXPECT_EQ(report["snapshots"][0]["size"], 0);
}

}  // namespace
}  // namespace tmbpf::test
