// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/model_random_filters.h"
#include "tests/unit/model_random_snapshot.h"
#include "userspace/model/traceback_filter.h"

namespace tmbpf::test {
namespace {

std::vector<NamedFrame> frames_of(const TracebackTable& table, TracebackId traceback) {
  std::vector<NamedFrame> frames;
  for (const FrameId id : table.traceback(traceback).frames) {
    const Frame frame = table.frame(id);
    frames.push_back({.filename = table.string(frame.filename), .lineno = frame.lineno});
  }
  return frames;
}

TEST(TracebackFilter, DecidesAsTheFilterOfSnapshotsDoes) {
  std::size_t kept = 0;
  std::size_t left_out = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Snapshot snapshot = random_snapshot(seed);
    const auto filters = random_filters(seed);
    TracebackFilter filter(filters);
    const Snapshot expected = filter_traces(snapshot, filters);
    std::size_t next = 0;
    for (const Trace& trace : snapshot.traces()) {
      const bool keeps = filter.keeps(trace.domain, frames_of(snapshot.table(), trace.traceback));
      if (keeps) {
        ASSERT_LT(next, expected.traces().size()) << "seed " << seed;
        const Trace same = expected.traces()[next++];
        ASSERT_EQ(same.traceback, trace.traceback) << "seed " << seed;
        ASSERT_EQ(same.size, trace.size) << "seed " << seed;
      }
      ++(keeps ? kept : left_out);
    }
    EXPECT_EQ(next, expected.traces().size()) << "seed " << seed;
  }
  EXPECT_GT(kept, 100U);
  EXPECT_GT(left_out, 100U);
}

TEST(TracebackFilter, DropsAFileOnlyWhenNoTraceFromThereIsKept) {
  std::size_t dropped = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Snapshot snapshot = random_snapshot(seed);
    TracebackFilter filter(random_filters(seed));
    for (const Trace& trace : snapshot.traces()) {
      const auto frames = frames_of(snapshot.table(), trace.traceback);
      if (filter.drops_file(trace.domain, frames[0].filename)) {
        ++dropped;
        ASSERT_FALSE(filter.keeps(trace.domain, frames)) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(dropped, 100U);
}

TEST(TracebackFilter, ALineOrTheCallersMayStillKeepWhatAFileNameDoesNot) {
  const auto drops = [](const Filter& filter) {
    return TracebackFilter(std::array<TraceFilter, 1>{filter}).drops_file(0, "a.py");
  };
  EXPECT_TRUE(drops({.inclusive = false, .filename_pattern = "a.py"}));
  EXPECT_FALSE(drops({.inclusive = false, .filename_pattern = "a.py", .lineno = 7}));
  EXPECT_TRUE(drops({.inclusive = false, .filename_pattern = "a.py", .all_frames = true}));
  EXPECT_FALSE(drops({.inclusive = false, .filename_pattern = "a.py", .domain = 7}));
  EXPECT_FALSE(drops({.filename_pattern = "a.py", .lineno = 7}));
  EXPECT_TRUE(drops({.filename_pattern = "b.py"}));
  EXPECT_FALSE(drops({.filename_pattern = "b.py", .all_frames = true}));
  EXPECT_TRUE(drops({.filename_pattern = "b.py", .all_frames = true, .domain = 7}));
}

}  // namespace
}  // namespace tmbpf::test
