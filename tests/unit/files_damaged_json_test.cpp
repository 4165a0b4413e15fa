// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/files_hostile_snapshot.h"
#include "tests/unit/files_json_document.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

// What Error says about this text; "" if it can be read.
std::string complaint(std::string_view text) {
  try {
    read_from_json(text);
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
  return "";
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

TEST(DamagedJson, SaysWhatItExpectedOfTheDocument) {
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
      {JsonDocument{.metadata = "~[]"}.text(), "an array, expected the metadata: an object"},
      {JsonDocument{.frames = "~{}"}.text(), "an object, expected the frames: an array"},
      {JsonDocument{.traces = "[], ~\"more\": 1"}.text(),
       R"(the key "more", expected the end of the object)"},
      {R"({"format": "tmbpf-snapshot", "version": 1, "traceback_limit": 5, "metadata": {},)"
       R"("frames": [], "tracebacks": []~})",
       R"(the end of the object, expected "traces")"},
  };
  for (const Case& damaged : cases) {
    expect_complaint(damaged);
  }
}

TEST(DamagedJson, SaysWhatItExpectedOfMetadata) {
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
    expect_complaint({JsonDocument{.metadata = damaged.text}.text(), damaged.complaint});
  }
}

TEST(DamagedJson, SaysWhatItExpectedOfFramesAndTracebacks) {
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
    expect_complaint({JsonDocument{.frames = damaged.text}.text(), damaged.complaint});
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
    expect_complaint({JsonDocument{.tracebacks = damaged.text}.text(), damaged.complaint});
  }
  expect_complaint({JsonDocument{.frames = "[]", .tracebacks = "[[1, [~0]]]"}.text(),
                    "the number 0, expected no frame, as there is none"});
}

TEST(DamagedJson, SaysWhatItExpectedOfTraces) {
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
      {"[[0, 8, 0, 1, 1, 1, ~0]]", "the number 0, expected no row of replicates, as there is none"},
      {"[[0~]]",
       "the end of a trace, expected [traceback, size, domain, weight, time, address, "
       "replicates], the last five as far as needed"},
      {"[[0, ~[]]]", "an array, expected a number"},
  };
  for (const Case& damaged : cases) {
    expect_complaint({JsonDocument{.traces = damaged.text}.text(), damaged.complaint});
  }
}

TEST(DamagedJson, SaysWhatItExpectedOfReplicates) {
  const std::string nineteen = "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0";
  const std::vector<Case> cases{
      {"~{}", "an object, expected the replicates: an array"},
      {"~1", "the number 1, expected the replicates: an array"},
      {"[~1]", "the number 1, expected replicates: an array"},
      {"[[~[]]]", "an array, expected a number"},
      {"[[" + nineteen + ", ~-1]]", "the number -1, expected a weight from 0 up"},
      {"[[" + nineteen + ", ~-0.5]]", "the number -0.5, expected a weight from 0 up"},
      {"[[" + nineteen + ", ~1e39]]", "the number 1e+39, expected a weight from 0 up"},
      {"[[" + nineteen + ", ~1e999]]", "a number beyond 64 bits"},
      {"[[" + nineteen + ", ~null]]", "null, expected a weight from 0 up"},
      {"[[" + nineteen + R"(, ~"nan"]])", R"(the text "nan", expected a weight from 0 up)"},
      {"[[" + nineteen + ", 1, ~2]]", "the number 2, expected the end of the replicates"},
      {"[[" + nineteen + "~]]", "the end of replicates, expected 20 weights"},
      {"[[~]]", "the end of replicates, expected 20 weights"},
      {R"([], ~"replicates": [])", R"(the key "replicates", expected "traces")"},
  };
  for (const Case& damaged : cases) {
    expect_complaint({JsonDocument{.replicates = damaged.text}.text(), damaged.complaint});
  }
  const std::vector<Case> traces{
      {"[[0, 8, 0, 1, 1, 1, ~1]]",
       "the number 1, expected the number of a row of replicates, 0 to 0"},
      {"[[0, 8, 0, 1, 1, 1, ~-1]]",
       "the number -1, expected the number of a row of replicates, 0 to 0"},
      {"[[0, 8, 0, 1, 1, 1, 0, ~1]]", "the number 1, expected the end of the trace"},
  };
  for (const Case& damaged : traces) {
    expect_complaint(
        {JsonDocument{.replicates = "[[" + nineteen + ", 1]]", .traces = damaged.text}.text(),
         damaged.complaint});
  }
}

TEST(DamagedJson, SaysWhereItIsNoJson) {
  const std::string value = "syntax error while parsing value - ";
  const std::string array = "syntax error while parsing array - ";
  const std::vector<Case> cases{
      {"[[0, ~NaN]]", value + "invalid literal"},
      {"[[0, ~Infinity]]", value + "invalid literal"},
      {"[[0, 8 8~]]", array + "unexpected number literal; expected ']'"},
      {"[[0, 01~]]", array + "unexpected number literal; expected ']'"},
      {"[[0, -~]]", value + "invalid number; expected digit after '-'"},
      {"[[0, 1.~]]", value + "invalid number; expected digit after '.'"},
      {"[[0, 8],~]", value + "unexpected ']'; expected '[', '{', or a literal"},
      {"[[0, 8]~}", array + "unexpected '}'; expected ']'"},
      {"[[0, ~+1]]", value + "invalid literal"},
      {"[~/* */]", value + "invalid literal"},
  };
  for (const Case& damaged : cases) {
    expect_complaint({JsonDocument{.traces = damaged.text}.text(), damaged.complaint});
  }
  EXPECT_EQ(complaint(""),
            "cannot read a.json: byte 0: syntax error while parsing value - "
            "unexpected end of input; expected '[', '{', or a literal");
  const std::string whole = JsonDocument{}.text();
  EXPECT_EQ(complaint(whole + " "), "");
  EXPECT_EQ(complaint(whole + "x"), "cannot read a.json: byte " + std::to_string(whole.size()) +
                                        ": syntax error while parsing value - invalid literal");
  EXPECT_EQ(
      complaint(whole + std::string("\0x", 2)),
      "cannot read a.json: byte " + std::to_string(whole.size()) + ": a byte 0, expected text");
}

TEST(DamagedJson, RefusesInvalidTexts) {
  for (const std::string_view text : {R"("\ud83)", R"("\x")", R"("\u12g4")", "\"\xed\xb2\x80\"",
                                      "\"\xff\"", "\"\n\"", R"("\)", R"("\udc8)"}) {
    const JsonDocument document{.metadata = R"({"a": )" + std::string(text) + "}"};
    EXPECT_NE(complaint(document.text()).find("invalid string: "), std::string::npos)
        << text << ": " << complaint(document.text());
  }
}

TEST(DamagedJson, RefusesEveryBeginningOfADocument) {
  const std::string whole = written_as_json(hostile_snapshot());
  const std::size_t end = whole.rfind('}');
  for (std::size_t size = 0; size <= end; ++size) {
    const std::string said = complaint(whole.substr(0, size));
    const std::string place = "cannot read a.json: byte " + std::to_string(size) + ": syntax error";
    ASSERT_EQ(said.substr(0, place.size()), place) << "cut after " << size;
  }
}

TEST(DamagedJson, DoesNotFollowDeepNesting) {
  const std::string deep(1U << 20U, '[');
  EXPECT_EQ(complaint(deep),
            "cannot read a.json: byte 0: an array, expected a snapshot: an object");
  EXPECT_NE(complaint(JsonDocument{.traces = deep}.text()).find("an array, expected a number"),
            std::string::npos);
}

}  // namespace
}  // namespace tmbpf::test
