// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "tests/unit/files_hostile_snapshot.h"
#include "tests/unit/files_json_document.h"
#include "tests/unit/model_random_snapshot.h"
#include "userspace/files/json/json_reader.h"
#include "userspace/files/memory_source.h"
#include "userspace/model/filter.h"

namespace tmbpf::test {
namespace {

void expect_lossless(const Snapshot& snapshot) {
  const std::string text = written_as_json(snapshot);
  EXPECT_EQ(written_as_json(read_from_json(text)), text);
  const Snapshot again =
      read_from_json(text, snapshot.shared_table());  // equal tracebacks have one id
  EXPECT_EQ(again.traceback_limit(), snapshot.traceback_limit());
  EXPECT_EQ(again.metadata(), snapshot.metadata());
  ASSERT_EQ(again.traces().size(), snapshot.traces().size());
  for (std::size_t i = 0; i < again.traces().size(); ++i) {
    const Trace trace = snapshot.traces()[i];
    Trace back = again.traces()[i];
    ASSERT_EQ(back.replicates == 0, trace.replicates == 0) << "trace " << i;
    if (trace.replicates != 0) {
      ASSERT_EQ(again.replicates(back.replicates), snapshot.replicates(trace.replicates));
      back.replicates = trace.replicates;  // numbered anew
    }
    ASSERT_EQ(back, trace) << "trace " << i;
  }
}

TEST(Json, GivesBackWhatWasWrittenByteForByteAndTraceForTrace) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    expect_lossless(random_rich_snapshot(seed));
  }
}

TEST(Json, GivesBackReplicates) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    const auto [snapshot, old] = random_estimates(seed);
    expect_lossless(snapshot);
    const std::array<TraceFilter, 1> some{Filter{.inclusive = false, .filename_pattern = "*a*"}};
    expect_lossless(filter_traces(snapshot, some));
  }
}

TEST(Json, GivesBackTheLargestAndSmallestReplicates) {
  Snapshot snapshot;
  using Floats = std::numeric_limits<float>;
  const Replicates replicates{Floats::max(), Floats::denorm_min(), 0.1F,         1e15F, 1e16F,
                              1e22F,         16777217.0F,          Floats::min()};
  snapshot.add_trace({.traceback = snapshot.add_traceback({}, 0),
                      .size = 1,
                      .weight = 3,
                      .replicates = snapshot.add_replicates(replicates)});
  expect_lossless(snapshot);
}

TEST(Json, GivesBackHostileNames) { expect_lossless(hostile_snapshot()); }

TEST(Json, GivesBackTheLargestAndSmallestNumbers) {
  Snapshot snapshot;
  const std::array frames{snapshot.add_frame(snapshot.add_string("a.py"), 4294967295U)};
  const TracebackId traceback = snapshot.add_traceback(frames, kMaxFrames);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  using Times = std::numeric_limits<std::int64_t>;
  using Weights = std::numeric_limits<double>;
  for (const double weight : {1.0, Weights::max(), Weights::denorm_min(), 0.1, 1e15, 1e16, 1e22}) {
    for (const std::int64_t time : {std::int64_t{0}, Times::min(), Times::max()}) {
      for (const std::uint64_t large : {std::uint64_t{0}, kMost}) {
        snapshot.add_trace({.domain = static_cast<std::uint32_t>(large),
                            .traceback = traceback,
                            .size = large,
                            .weight = weight,
                            .time = time,
                            .address = large});
      }
    }
  }
  expect_lossless(snapshot);
}

TEST(Json, KeepsTheTypesOfMetadata) {
  Snapshot snapshot;
  snapshot.set_metadata("one", std::int64_t{1});
  snapshot.set_metadata("one.0", 1.0);
  snapshot.set_metadata("\"1\"", "1");
  snapshot.set_metadata("least", std::numeric_limits<std::int64_t>::min());
  snapshot.set_metadata("large", 1e300);
  snapshot.set_metadata("inf", std::numeric_limits<double>::infinity());
  snapshot.set_metadata("-inf", -std::numeric_limits<double>::infinity());
  snapshot.set_metadata("text like one", R"({"real": "inf"})");
  expect_lossless(snapshot);
  snapshot.set_metadata("nan", std::numeric_limits<double>::quiet_NaN());
  const Snapshot again = read_from_json(written_as_json(snapshot));
  EXPECT_TRUE(std::isnan(std::get<double>(again.metadata().at("nan"))));
  snapshot.set_metadata("-0", -0.0);
  EXPECT_TRUE(std::signbit(
      std::get<double>(read_from_json(written_as_json(snapshot)).metadata().at("-0"))));
}

TEST(Json, IsAsDocumented) {
  Snapshot snapshot;
  snapshot.set_traceback_limit(25);
  snapshot.set_metadata("command", "app.py");
  snapshot.set_metadata("pid", std::int64_t{1234});
  snapshot.set_metadata("time", 1.5);
  const StringId file = snapshot.add_string("app.py");
  snapshot.add_frame(file, 1);  // not used
  const std::array frames{snapshot.add_frame(file, 42, snapshot.add_string("load")),
                          snapshot.add_frame(file, 10)};
  const TracebackId traceback = snapshot.add_traceback(frames, 2);
  snapshot.add_trace({.traceback = traceback, .size = 64});
  snapshot.add_trace({.traceback = traceback, .size = 64, .weight = 2.5});
  snapshot.add_trace(
      {.traceback = traceback, .size = 64, .time = 1700000000000000000, .address = 140000000000});
  snapshot.add_replicates({7});  // not used
  const std::uint32_t replicates = snapshot.add_replicates({2, 0, 3.25});
  snapshot.add_trace({.traceback = traceback, .size = 64, .weight = 2.5, .replicates = replicates});
  EXPECT_EQ(written_as_json(snapshot), R"({"format": "tmbpf-snapshot",
"version": 1,
"traceback_limit": 25,
"metadata": {"command": "app.py", "pid": 1234, "time": 1.5},
"frames": [
["app.py", 42, "load"],
["app.py", 10]],
"tracebacks": [
[2, [0, 1]]],
"replicates": [
[2, 0, 3.25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
"traces": [
[0, 64],
[0, 64, 0, 2.5],
[0, 64, 0, 1, 1700000000000000000, 140000000000],
[0, 64, 0, 2.5, 0, 0, 0]]}
)");
}

TEST(Json, ReadsSurrogatesAsPythonWritesThem) {
  const Snapshot snapshot = read_from_json(JsonDocument{
      .metadata =
          R"({"lone": "\udc80", "pair": "\ud83d\udc0d", "high": "\ud83dx", "nul": "a\u0000b",
                      "parts": ["\ud83d", "\udc0d", "x"], "no": "\\ud83d", "upper": "\uDC8A",
                      "digits": "\u0000dc80"})"}
                                               .text());
  const Metadata expected{{"lone", "\xed\xb2\x80"},
                          {"pair", "\xf0\x9f\x90\x8d"},
                          {"high", "\xed\xa0\xbdx"},
                          {"nul", std::string("a\0b", 3)},
                          {"parts", "\xed\xa0\xbd\xed\xb0\x8dx"},
                          {"no", "\\ud83d"},
                          {"upper", "\xed\xb2\x8a"},
                          {"digits", std::string("\0dc80", 5)}};
  EXPECT_EQ(snapshot.metadata(), expected);
}

TEST(Json, TakesNoMoreMemoryThanTheBudgetOfTheFile) {
  const auto repeated = [](std::string_view row) {
    std::string rows = "[";
    for (int i = 0; i < 400000; ++i) {
      rows += row;
    }
    rows.back() = ']';
    return rows;
  };
  std::string metadata = "{";
  std::string frames = "[";
  for (int i = 0; i < 300000; ++i) {
    metadata += "\"" + std::to_string(i) + "\":1,";
    frames += "[\"\"," + std::to_string(i) + "],";
  }
  std::string replicates = "[";
  for (int i = 0; i < 300000; ++i) {
    replicates += "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0," + std::to_string(i) + "],";
  }
  metadata.back() = '}';
  frames.back() = ']';
  replicates.back() = ']';
  for (const JsonDocument& dense :
       {JsonDocument{.metadata = metadata}, JsonDocument{.frames = frames},
        JsonDocument{.tracebacks = repeated("[1,[0]],")}, JsonDocument{.replicates = replicates},
        JsonDocument{.traces = repeated("[0,0],")},
        JsonDocument{.traces = repeated("[0,0,0,1,1,1],")}}) {
    const std::string text = dense.text();
    MemorySource source(text);
    const auto before = ::mallinfo2();
    const Snapshot snapshot = read_json(source);
    const auto after = ::mallinfo2();
    EXPECT_LT(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd, 64 * text.size())
        << text.substr(0, 200);
  }
}

}  // namespace
}  // namespace tmbpf::test
