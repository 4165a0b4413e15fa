// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "userspace/model/snapshot.h"
#include "userspace/model/snapshot_metadata.h"

namespace tmbpf::test {
namespace {

SnapshotMetadata example() {
  return {.tracer_version = "0.1.0",
          .mode = "exact",
          .state = "running",
          .pid = 4242,
          .command = "python3 leak.py",
          .python = "3.13.5",
          .attached = 1700000000.0,
          .time = 1700000012.5,
          .current = 12400096,
          .peak = 14000000,
          .rss = 89000000,
          .losses = {{"stacks cut short", "frames", 2}, {"damaged messages", "damaged_events", 1}},
          .coverage = Coverage{.attributed = 30,
                               .missing = 10,
                               .extra = 1,
                               .before = 7,
                               .unsettled_pools = 2,
                               .classes = {{.block_size = 32, .attributed = 30, .before = 4},
                                           {.block_size = 64, .missing = 10, .before = 3}},
                               .causes = {{"no probe saw it", "not_seen", 10}}}};
}

TEST(SnapshotMetadata, BecomesFlatWordsAndValues) {
  const auto integer = [](std::int64_t value) { return MetadataValue(value); };
  const auto text = [](const char* value) { return MetadataValue(std::string(value)); };
  EXPECT_EQ(to_metadata(example()),
            (Metadata{{"attached", 1700000000.0},
                      {"before.32", integer(4)},
                      {"before.64", integer(3)},
                      {"before.blocks", integer(7)},
                      {"before.bytes", integer(4 * 32 + 3 * 64)},
                      {"command", text("python3 leak.py")},
                      {"coverage", 0.75},
                      {"coverage.attributed", integer(30)},
                      {"coverage.bytes", 0.6},
                      {"coverage.cause.not_seen", integer(10)},
                      {"coverage.cause.not_seen.what", text("no probe saw it")},
                      {"coverage.extra", integer(1)},
                      {"coverage.missing", integer(10)},
                      {"coverage.missing.64", integer(10)},
                      {"coverage.unsettled_pools", integer(2)},
                      {"current", integer(12400096)},
                      {"elapsed", 12.5},
                      {"lost", integer(3)},
                      {"lost.damaged_events", integer(1)},
                      {"lost.damaged_events.what", text("damaged messages")},
                      {"lost.frames", integer(2)},
                      {"lost.frames.what", text("stacks cut short")},
                      {"mode", text("exact")},
                      {"peak", integer(14000000)},
                      {"pid", integer(4242)},
                      {"python", text("3.13.5")},
                      {"rss", integer(89000000)},
                      {"state", text("running")},
                      {"time", 1700000012.5},
                      {"tracer_version", text("0.1.0")}}));
}

TEST(SnapshotMetadata, LeavesOutACoverageThatWasNotMeasured) {
  SnapshotMetadata metadata = example();
  metadata.coverage.reset();
  for (const auto& [key, value] : to_metadata(metadata)) {
    EXPECT_FALSE(key.starts_with("coverage") || key.starts_with("before")) << key;
  }
}

TEST(SnapshotMetadata, JoinsWhatASnapshotHasAlready) {
  Snapshot snapshot;
  snapshot.set_metadata("pid", std::int64_t{1});
  snapshot.set_metadata("note", std::string("kept"));
  snapshot.set_metadata(example());
  EXPECT_EQ(snapshot.metadata().at("pid"), MetadataValue(std::int64_t{4242}));
  EXPECT_EQ(snapshot.metadata().at("note"), MetadataValue(std::string("kept")));
}

TEST(SameSession, NeedsOnePidAndOneMomentOfTheAttach) {
  const Metadata one{{"pid", std::int64_t{7}}, {"attached", 1e9}};
  const Metadata jitter{{"pid", std::int64_t{7}}, {"attached", 1e9 + 0.01}};
  const Metadata later{{"pid", std::int64_t{7}}, {"attached", 1e9 + 1}};
  const Metadata other{{"pid", std::int64_t{8}}, {"attached", 1e9}};
  EXPECT_TRUE(same_session(one, one));
  EXPECT_TRUE(same_session(one, jitter));
  EXPECT_FALSE(same_session(one, later));
  EXPECT_FALSE(same_session(one, other));
  EXPECT_FALSE(same_session({}, {}));
  EXPECT_FALSE(same_session(one, {{"pid", std::int64_t{7}}}));
}

}  // namespace
}  // namespace tmbpf::test
