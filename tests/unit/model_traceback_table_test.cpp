// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "userspace/model/content_index.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf::test {
namespace {

TEST(TracebackTable, GivesEqualThingsOneIdAndDifferentThingsTwo) {
  TracebackTable table;
  const StringId app = table.add_string("app.py");
  EXPECT_EQ(table.add_string("app.py"), app);
  EXPECT_NE(table.add_string("app.py2"), app);
  const FrameId line = table.add_frame({.filename = app, .lineno = 3});
  EXPECT_EQ(table.add_frame({.filename = app, .lineno = 3}), line);
  const FrameId named =
      table.add_frame({.filename = app, .lineno = 3, .function = table.add_string("main")});
  EXPECT_NE(named, line);
  const TracebackId traceback = table.add_traceback(std::array{line, named}, 2);
  EXPECT_EQ(table.add_traceback(std::array{line, named}, 2), traceback);
  EXPECT_NE(table.add_traceback(std::array{named, line}, 2), traceback);
  EXPECT_NE(table.add_traceback(std::array{line, named}, 3), traceback);
  EXPECT_NE(table.add_traceback(std::array{line}, 2), traceback);
}

TEST(ContentIndex, TellsContentsWithOneHashApart) {
  const std::vector<int> values{10, 20, 30, 40};
  ContentIndex index;
  for (std::size_t i = 0; i < values.size(); ++i) {
    index.add(i % 2);
  }
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const auto is_it = [&](std::uint32_t number) { return values[number] == values[i]; };
    EXPECT_EQ(index.find(i % 2, is_it), i);
    EXPECT_EQ(index.find(1 - i % 2, is_it), std::nullopt);
    EXPECT_EQ(index.find(2, is_it), std::nullopt);
  }
}

TEST(TracebackTable, KeepsTheEmptyStringAsItsFirst) {
  TracebackTable table;
  EXPECT_EQ(table.add_string(""), kEmptyString);
  EXPECT_EQ(table.string(kEmptyString), "");
}

TEST(TracebackTable, KeepsViewsOfStringsGoodWhileItGrows) {
  TracebackTable table;
  const StringId first = table.add_string("x.py");
  const std::string_view view = table.string(first);
  for (int i = 0; i < 10000; ++i) {
    table.add_string(std::to_string(i));
  }
  EXPECT_EQ(view.data(), table.string(first).data());
  EXPECT_EQ(table.add_string("x.py"), first);
  EXPECT_EQ(table.string_count(), 10002U);
}

TEST(TracebackTable, StoresInvalidBytesOnceAsSurrogates) {
  TracebackTable table;
  const StringId raw = table.add_string("bad\xff.py");
  EXPECT_EQ(table.string(raw), "bad\xed\xb3\xbf.py");
  EXPECT_EQ(table.add_string("bad\xff.py"), raw);
  EXPECT_EQ(table.add_string("bad\xed\xb3\xbf.py"), raw);
}

TEST(TracebackTable, SaysUnknownWhereThereIsNoFrame) {
  TracebackTable table;
  const Traceback traceback = table.traceback(table.add_traceback({}, 0));
  ASSERT_EQ(traceback.frames.size(), 1U);
  EXPECT_EQ(traceback.total_nframe, 1);
  const Frame frame = table.frame(traceback.frames[0]);
  EXPECT_EQ(table.string(frame.filename), "<unknown>");
  EXPECT_EQ(frame.lineno, 0U);
}

TEST(TracebackTable, CountsAtLeastTheFramesItKeeps) {
  TracebackTable table;
  const FrameId frame = table.add_frame({});
  EXPECT_EQ(table.traceback(table.add_traceback(std::array{frame, frame}, 0)).total_nframe, 2);
  EXPECT_EQ(table.traceback(table.add_traceback(std::array{frame}, 7)).total_nframe, 7);
}

TEST(TracebackTable, KeepsTheMostRecent65535FramesAndCountsNoMore) {
  TracebackTable table;
  std::vector<FrameId> frames;
  for (std::uint32_t line = 0; line < 70000; ++line) {
    frames.push_back(table.add_frame({.lineno = line}));
  }
  const Traceback traceback = table.traceback(table.add_traceback(frames, 1000000));
  EXPECT_EQ(traceback.total_nframe, kMaxFrames);
  ASSERT_EQ(traceback.frames.size(), kMaxFrames);
  EXPECT_EQ(traceback.frames.front(), frames.front());
  EXPECT_EQ(traceback.frames.back(), frames[kMaxFrames - 1]);
}

}  // namespace
}  // namespace tmbpf::test
