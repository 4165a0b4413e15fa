// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/files_hostile_snapshot.h"
#include "tests/unit/model_random_snapshot.h"
#include "userspace/files/json_reader.h"
#include "userspace/files/json_writer.h"
#include "userspace/files/memory_budget.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/string_sink.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

std::string written(const Snapshot& snapshot) {
  StringSink sink;
  write_json(snapshot, sink);
  return sink.text();
}

Snapshot read(std::string_view text,
              std::shared_ptr<TracebackTable> table = std::make_shared<TracebackTable>()) {
  MemorySource source(text, "a.json", 7);  // pieces that end within everything
  return read_json(source, std::move(table));
}

// What Error says about this text; "" if it can be read.
std::string complaint(std::string_view text) {
  try {
    read(text);
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
  return "";
}

void expect_lossless(const Snapshot& snapshot) {
  const std::string text = written(snapshot);
  EXPECT_EQ(written(read(text)), text);
  const Snapshot again = read(text, snapshot.shared_table());  // equal tracebacks have one id
  EXPECT_EQ(again.traceback_limit(), snapshot.traceback_limit());
  EXPECT_EQ(again.metadata(), snapshot.metadata());
  ASSERT_EQ(again.traces().size(), snapshot.traces().size());
  for (std::size_t i = 0; i < again.traces().size(); ++i) {
    ASSERT_EQ(again.traces()[i], snapshot.traces()[i]) << "trace " << i;
  }
}

TEST(Json, GivesBackWhatWasWrittenByteForByteAndTraceForTrace) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    expect_lossless(random_rich_snapshot(seed));
  }
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
  const Snapshot again = read(written(snapshot));
  EXPECT_TRUE(std::isnan(std::get<double>(again.metadata().at("nan"))));
  snapshot.set_metadata("-0", -0.0);
  EXPECT_TRUE(std::signbit(std::get<double>(read(written(snapshot)).metadata().at("-0"))));
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
  EXPECT_EQ(written(snapshot), R"({"format": "tmbpf-snapshot",
"version": 1,
"traceback_limit": 25,
"metadata": {"command": "app.py", "pid": 1234, "time": 1.5},
"frames": [
["app.py", 42, "load"],
["app.py", 10]],
"tracebacks": [
[2, [0, 1]]],
"traces": [
[0, 64],
[0, 64, 0, 2.5],
[0, 64, 0, 1, 1700000000000000000, 140000000000]]}
)");
}

// The parts of a document, each of which a case may replace.
struct Document {
  std::string metadata = "{}";
  std::string frames = R"([["a.py", 1]])";
  std::string tracebacks = "[[1, [0]]]";
  std::string traces = "[[0, 8]]";

  [[nodiscard]] std::string text() const {
    return R"({"format": "tmbpf-snapshot", "version": 1, "traceback_limit": 5, "metadata": )" +
           metadata + R"(, "frames": )" + frames + R"(, "tracebacks": )" + tracebacks +
           R"(, "traces": )" + traces + "}";
  }
};

TEST(Json, ReadsSurrogatesAsPythonWritesThem) {
  const Snapshot snapshot = read(Document{
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

struct Case {
  std::string text;  // ~ before the byte that is named
  std::string complaint;
};

void expect_complaint(Case damaged) {
  const std::size_t at = damaged.text.find('~');
  ASSERT_NE(at, std::string::npos) << damaged.text;
  damaged.text.erase(at, 1);
  EXPECT_EQ(complaint(damaged.text),
            "cannot read a.json: byte " + std::to_string(at) + ": " + damaged.complaint)
      << damaged.text;
}

TEST(Json, SaysWhatItExpectedOfTheDocument) {
  const std::vector<Case> cases{
      {"~[]", "an array, expected a snapshot: an object"},
      {"~5", "the number 5, expected a snapshot: an object"},
      {R"({~"statistics": []})", R"(the key "statistics", expected "format")"},
      {"{~}", R"(the end of the object, expected "format")"},
      {R"({"format": ~"other"})", R"(the text "other", expected "tmbpf-snapshot")"},
      {R"({"format": ~null})", R"(null, expected "tmbpf-snapshot")"},
      {R"({"format": "tmbpf-snapshot", ~"format": 1})", R"(the key "format", expected "version")"},
      {R"({"format": "tmbpf-snapshot", "version": ~2})",
       "the number 2, expected 1, the version that this tmbpf knows"},
      {R"({"format": "tmbpf-snapshot", "version": 1, "traceback_limit": ~0})",
       "the number 0, expected a number of frames, 1 to 65535"},
      {R"({"format": "tmbpf-snapshot", "version": 1, "traceback_limit": ~{}})",
       "an object, expected a number of frames, 1 to 65535"},
      {R"({"format": "tmbpf-snapshot", "version": 1, "traceback_limit": ~[]})",
       "an array, expected a number of frames, 1 to 65535"},
      {Document{.metadata = "~[]"}.text(), "an array, expected the metadata: an object"},
      {Document{.frames = "~{}"}.text(), "an object, expected the frames: an array"},
      {Document{.traces = "[], ~\"more\": 1"}.text(),
       R"(the key "more", expected the end of the object)"},
  };
  for (const Case& damaged : cases) {
    expect_complaint(damaged);
  }
}

TEST(Json, SaysWhatItExpectedOfMetadata) {
  const std::string value = "expected a number, a text, the parts of a text or {\"real\": \"inf\"}";
  const std::vector<Case> cases{
      {R"({"a": 1, ~"a": 2})", R"(the key "a" a second time, expected each once)"},
      {R"({"a": ~null})", "null, expected a text or a number up to 9223372036854775807"},
      {R"({"a": ~9223372036854775808})",
       "the number 9223372036854775808, expected a text or a number up to 9223372036854775807"},
      {R"({"a": ~-9223372036854775809})", "a number beyond 64 bits"},
      {R"({"a": {~"b": 1}})", R"(the key "b", expected "real": "inf", "-inf" or "nan")"},
      {R"({"a": {"real": ~1.5}})", R"(the number 1.5, expected "real": "inf", "-inf" or "nan")"},
      {R"({"a": {"real": ~"x"}})", R"(the text "x", expected "real": "inf", "-inf" or "nan")"},
      {R"({"a": {"real": "nan", ~"real": "nan"}})",
       R"(the key "real", expected "real": "inf", "-inf" or "nan")"},
      {R"({"a": {~}})", R"(the end of the object, expected "real": "inf", "-inf" or "nan")"},
      {R"({"a": {"real": ~[]}})", R"(an array, expected "real": "inf", "-inf" or "nan")"},
      {R"({"a": ["x", ~1]})", "the number 1, expected a part of a text"},
      {R"({"a": ["x", ~["y"]]})", "an array, expected a part of a text"},
  };
  for (const Case& damaged : cases) {
    expect_complaint({Document{.metadata = damaged.text}.text(), damaged.complaint});
  }
}

TEST(Json, SaysWhatItExpectedOfFramesAndTracebacks) {
  const std::vector<Case> frames{
      {"[~1]", "the number 1, expected a frame: an array"},
      {"[[~1, 1]]", "the number 1, expected a file's name"},
      {R"([["a.py", ~-1]])", "the number -1, expected a line, 0 to 4294967295"},
      {R"([["a.py", ~4294967296]])", "the number 4294967296, expected a line, 0 to 4294967295"},
      {R"([["a.py", ~1.0]])", "the number 1, expected a line, 0 to 4294967295"},
      {R"([["a.py", ~["b"]]])", "an array, expected a name, a line, a name"},
      {R"([["a.py", 1, ~true]])", "true, expected a function's name"},
      {R"([["a.py", 1, "f", ~"g"]])", R"(the text "g", expected the end of the frame)"},
      {R"([["a.py"~]])", "the end of a frame, expected [file, line] or [file, line, function]"},
  };
  for (const Case& damaged : frames) {
    expect_complaint({Document{.frames = damaged.text}.text(), damaged.complaint});
  }
  const std::vector<Case> tracebacks{
      {"[~{}]", "an object, expected a traceback: an array"},
      {"[[~65536, [0]]]", "the number 65536, expected total_nframe, 1 to 65535"},
      {"[[~0, [0]]]", "the number 0, expected total_nframe, 1 to 65535"},
      {"[[1, ~0]]", "the number 0, expected the list of frames"},
      {"[[1, [~1]]]", "the number 1, expected the number of a frame, 0 to 0"},
      {"[[1, [~-1]]]", "the number -1, expected the number of a frame, 0 to 0"},
      {"[[1, [0, ~0]]]",
       "the number 0, expected no more frames than the 1 in total, the number before"},
      {"[[1, []~]]",
       "the end of a traceback without frames, expected [total_nframe, [frame, ...]]"},
      {"[[1~]]", "the end of a traceback, expected [total_nframe, [frame, ...]]"},
      {"[[1, [0], ~5]]", "the number 5, expected the traceback's end"},
  };
  for (const Case& damaged : tracebacks) {
    expect_complaint({Document{.tracebacks = damaged.text}.text(), damaged.complaint});
  }
  expect_complaint({Document{.frames = "[]", .tracebacks = "[[1, [~0]]]"}.text(),
                    "the number 0, expected no frame, as there is none"});
}

TEST(Json, SaysWhatItExpectedOfTraces) {
  const std::vector<Case> cases{
      {R"([~"x"])", R"(the text "x", expected a trace: an array)"},
      {"[[~1, 8]]", "the number 1, expected the number of a traceback, 0 to 0"},
      {"[[0, ~-8]]", "the number -8, expected a size, 0 to 18446744073709551615"},
      {"[[0, ~18446744073709551616]]", "a number beyond 64 bits"},
      {"[[0, ~1e999]]", "a number beyond 64 bits"},
      {"[[0, 8, ~4294967296]]", "the number 4294967296, expected a domain, 0 to 4294967295"},
      {"[[0, 8, 0, ~0]]", "the number 0, expected a weight above 0"},
      {"[[0, 8, 0, ~-0.5]]", "the number -0.5, expected a weight above 0"},
      {R"([[0, 8, 0, ~"nan"]])", R"(the text "nan", expected a weight above 0)"},
      {"[[0, 8, 0, 1, ~0.5]]",
       "the number 0.5, expected a time in nanoseconds up to 9223372036854775807"},
      {"[[0, 8, 0, 1, 1, ~-1]]", "the number -1, expected an address, 0 to 18446744073709551615"},
      {"[[0, 8, 0, 1, 1, 1, ~1]]", "the number 1, expected the end of the trace"},
      {"[[0~]]",
       "the end of a trace, expected [traceback, size, domain, weight, time, address], the last "
       "four as far as needed"},
      {"[[0, ~[]]]", "an array, expected a number"},
  };
  for (const Case& damaged : cases) {
    expect_complaint({Document{.traces = damaged.text}.text(), damaged.complaint});
  }
}

TEST(Json, SaysWhereItIsNoJson) {
  const std::string value = "syntax error while parsing value - ";
  const std::vector<Case> cases{
      {"[[0, ~NaN]]", value + "invalid literal"},
      {"[[0, 8~ 8]]", "syntax error while parsing array - unexpected number literal; expected ']'"},
      {"[[0, 8],~]", value + "unexpected ']'; expected '[', '{', or a literal"},
      {"[[0, 01]]", ""},
  };
  for (std::size_t i = 2; i < 3; ++i) {
    expect_complaint({Document{.traces = cases[i].text}.text(), cases[i].complaint});
  }
  EXPECT_EQ(complaint(""),
            "cannot read a.json: byte 0: syntax error while parsing value - "
            "unexpected end of input; expected '[', '{', or a literal");
  const std::string whole = Document{}.text();
  EXPECT_EQ(complaint(whole + " "), "");
  EXPECT_EQ(complaint(whole + "x"), "cannot read a.json: byte " + std::to_string(whole.size()) +
                                        ": syntax error while parsing value - invalid literal");
  EXPECT_EQ(
      complaint(whole + std::string("\0x", 2)),
      "cannot read a.json: byte " + std::to_string(whole.size()) + ": a byte 0, expected text");
}

TEST(Json, RefusesInvalidTexts) {
  for (const std::string_view text : {R"("\ud83)", R"("\x")", R"("\u12g4")", "\"\xed\xb2\x80\"",
                                      "\"\xff\"", "\"\n\"", R"("\)", R"("\udc8)"}) {
    const Document document{.metadata = R"({"a": )" + std::string(text) + "}"};
    EXPECT_NE(complaint(document.text()).find("invalid string: "), std::string::npos)
        << text << ": " << complaint(document.text());
  }
}

TEST(Json, RefusesEveryBeginningOfADocument) {
  const std::string whole = written(hostile_snapshot());
  const std::size_t end = whole.rfind('}');
  for (std::size_t size = 0; size <= end; ++size) {
    const std::string said = complaint(whole.substr(0, size));
    const std::string place = "cannot read a.json: byte " + std::to_string(size) + ": syntax error";
    ASSERT_EQ(said.substr(0, place.size()), place) << "cut after " << size;
  }
}

TEST(Json, DoesNotFollowDeepNesting) {
  const std::string deep(1U << 20U, '[');
  EXPECT_EQ(complaint(deep),
            "cannot read a.json: byte 0: an array, expected a snapshot: an object");
  EXPECT_NE(complaint(Document{.traces = deep}.text()).find("an array, expected a number"),
            std::string::npos);
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
  metadata.back() = '}';
  frames.back() = ']';
  for (const Document& dense :
       {Document{.metadata = metadata}, Document{.frames = frames},
        Document{.tracebacks = repeated("[1,[0]],")}, Document{.traces = repeated("[0,0],")},
        Document{.traces = repeated("[0,0,0,1,1,1],")}}) {
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
