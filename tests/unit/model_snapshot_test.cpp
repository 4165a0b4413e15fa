// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "userspace/model/printed_form.h"
#include "userspace/model/snapshot.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

TEST(Snapshot, StartsEmptyWithTracemallocsDefaultLimit) {
  const Snapshot snapshot;
  EXPECT_TRUE(snapshot.traces().empty());
  EXPECT_TRUE(snapshot.metadata().empty());
  EXPECT_EQ(snapshot.traceback_limit(), 1U);
}

TEST(Snapshot, KeepsItsTracesWhenMoved) {
  Snapshot first;
  const FrameId frame = first.add_frame(first.add_string("a.py"), 1);
  first.add_trace({.traceback = first.add_traceback(std::array{frame}, 1), .size = 5});
  const Snapshot second = std::move(first);
  ASSERT_EQ(second.traces().size(), 1U);
  EXPECT_EQ(second.table().string(second.table().frame(frame).filename), "a.py");
}

TEST(Snapshot, MayShareItsTableWithALaterOneThatNamesMore) {
  const auto table = std::make_shared<TracebackTable>();
  Snapshot first(table);
  Snapshot second(table);
  const FrameId a = first.add_frame(first.add_string("a.py"), 1);
  const TracebackId known = first.add_traceback(std::array{a}, 1);
  first.add_trace({.traceback = known, .size = 10});
  const FrameId b = second.add_frame(second.add_string("b.py"), 2);
  second.add_trace({.traceback = known, .size = 20});
  second.add_trace({.traceback = second.add_traceback(std::array{b}, 1), .size = 30});

  const auto of_first = statistics(first, KeyType::lineno);
  const auto of_second = statistics(second, KeyType::lineno);
  ASSERT_EQ(of_first.size(), 1U);
  EXPECT_EQ(to_string(of_first[0], *table), "a.py:1: size=10 B, count=1, average=10 B");
  ASSERT_EQ(of_second.size(), 2U);
  EXPECT_EQ(to_string(of_second[0], *table), "b.py:2: size=30 B, count=1, average=30 B");
}

TEST(Snapshot, NamesReplicatesByTheirContent) {
  Snapshot snapshot;
  Replicates some{};
  some.fill(2.5F);
  Replicates others = some;
  others[kReplicates - 1] = 0;
  EXPECT_EQ(snapshot.add_replicates(some), 1U);
  EXPECT_EQ(snapshot.add_replicates(others), 2U);
  EXPECT_EQ(snapshot.add_replicates(some), 1U);
  EXPECT_EQ(snapshot.replicates(1), some);
  EXPECT_EQ(snapshot.replicates(2), others);
}

TEST(Snapshot, SaysWhichTracesAreEstimates) {
  Snapshot snapshot;
  const TracebackId traceback = snapshot.add_traceback({}, 0);
  snapshot.add_trace({.traceback = traceback, .size = 1});
  EXPECT_FALSE(snapshot.traces().has_replicates());
  const std::uint32_t id = snapshot.add_replicates({7});
  snapshot.add_trace({.traceback = traceback, .size = 2, .weight = 8, .replicates = id});
  snapshot.add_trace({.traceback = traceback, .size = 3});
  EXPECT_TRUE(snapshot.traces().has_replicates());
  EXPECT_EQ(snapshot.traces()[0].replicates, 0U);
  EXPECT_EQ(snapshot.traces()[1].replicates, id);
  EXPECT_EQ(snapshot.traces()[2].replicates, 0U);
  std::vector<std::uint64_t> sizes;
  snapshot.traces().for_each_estimate([&](TracebackId, std::uint64_t size, std::uint32_t which) {
    sizes.push_back(size);
    EXPECT_EQ(which, id);
  });
  EXPECT_EQ(sizes, std::vector<std::uint64_t>{2});
}

TEST(Snapshot, GivesItsReplicatesToTheOneWithoutTraces) {
  const Snapshot other = [] {
    Snapshot first;
    first.add_replicates({1, 2, 3});
    return first.without_traces();
  }();
  EXPECT_EQ(other.replicates(1), (Replicates{1, 2, 3}));
}

TEST(Snapshot, ReplacesAMetadatumOfTheSameName) {
  Snapshot snapshot;
  snapshot.set_metadata("pid", std::int64_t{1});
  snapshot.set_metadata("pid", std::int64_t{2});
  EXPECT_EQ(snapshot.metadata().at("pid"), MetadataValue(std::int64_t{2}));
}

}  // namespace
}  // namespace tmbpf::test
