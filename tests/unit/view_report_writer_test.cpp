// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/view_report_page.h"

namespace tmbpf::test {
namespace {

using Json = nlohmann::json;

Snapshot snapshot_with_name(const std::string& name) {
  Snapshot snapshot;
  const FrameId frame =
      snapshot.add_frame(snapshot.add_string(name), 3, snapshot.add_string("f " + name));
  snapshot.add_trace({.traceback = snapshot.add_traceback({{frame}}, 1), .size = 8});
  return snapshot;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) {
    ++count;
  }
  return count;
}

std::vector<std::string> strings_of(const Json& report) { return report["strings"]; }

TEST(ReportWriter, KeepsMarkupInNamesOutOfThePage) {
  const std::string name = "</script><script>alert(1)</script><!-- <img src=x> ' \" & \\";
  const Snapshot snapshot = snapshot_with_name(name);
  const std::string html = report_html(snapshot);
  EXPECT_EQ(data_text(html).find('<'), std::string::npos);
  EXPECT_EQ(occurrences(html, "<script"), 2);
  EXPECT_EQ(occurrences(html, "</script"), 2);
  const Json report = report_json(snapshot);
  EXPECT_EQ(strings_of(report), (std::vector<std::string>{"", name, "f " + name}));
}

TEST(ReportWriter, EscapesTheTitle) {
  const std::string html =
      report_html(Snapshot(), nullptr, {.title = "</title><script>1</script> & \"x\""});
  EXPECT_EQ(occurrences(html,
                        "<title>&lt;/title&gt;&lt;script&gt;1&lt;/script&gt; &amp; "
                        "&quot;x&quot;</title>"),
            1);
  EXPECT_EQ(occurrences(html, "<script"), 2);
}

TEST(ReportWriter, WritesDataInAsciiWithLineSeparatorsEscaped) {
  const std::string name = "caf\u00e9 \u2028 \u2029 \U0001f40d";
  const Snapshot snapshot = snapshot_with_name(name);
  const std::string data = data_text(report_html(snapshot));
  EXPECT_TRUE(std::ranges::all_of(data, [](char c) { return c >= ' ' && c < '\x7f'; }));
  EXPECT_NE(data.find("\\u2028"), std::string::npos);
  EXPECT_EQ(strings_of(report_json(snapshot))[1], name);
}

TEST(ReportWriter, ShowsLoneSurrogatesControlsAndChangesOfDirectionAsEscapes) {
  // In pieces, so that this file itself has no such character.
  const std::string right_to_left = std::string("\xe2\x80") + "\xae";
  const Json report =
      report_json(snapshot_with_name("\xed\xa0\x80 \x1b[31m\n " + right_to_left + "gnp.exe"));
  EXPECT_EQ(strings_of(report)[1], "\\ud800 \\x1b[31m\\x0a \\u202egnp.exe");
}

TEST(ReportWriter, CutsLongNamesAtTheFront) {
  const Json report = report_json(snapshot_with_name(std::string(5000, 'x') + "/end.py"), nullptr,
                                  {.max_name_length = 20});
  EXPECT_EQ(strings_of(report)[1], "...xxxxxxxxxx/end.py");
}

TEST(ReportWriter, NeedsNothingBesidesItself) {
  const std::string html = report_html(snapshot_with_name("a.py"));
  for (const char* part : {"http:", "https:", " src=", "<link", "@import", "url(", "fetch("}) {
    EXPECT_EQ(occurrences(html, part), 0) << part;
  }
  EXPECT_EQ(occurrences(html, "default-src 'none'; script-src 'sha256-"), 1);
  EXPECT_EQ(occurrences(html, "unsafe-inline"), 0);
  for (const char* mark : {"@TITLE@", "@STYLE", "@SCRIPT", "@DATA@"}) {
    EXPECT_EQ(occurrences(html, mark), 0) << mark;
  }
}

TEST(ReportWriter, AsksForEachSourceLineOnce) {
  Snapshot snapshot;
  std::vector<FrameId> frames;
  for (const std::uint32_t line : {1U, 2U, 0U}) {
    for (const char* function : {"f", "g"}) {
      frames.push_back(
          snapshot.add_frame(snapshot.add_string("a.py"), line, snapshot.add_string(function)));
    }
  }
  snapshot.add_trace({.traceback = snapshot.add_traceback(frames, 6), .size = 8});
  std::map<std::uint32_t, int> asked;
  const Json report = report_json(
      snapshot, nullptr,
      {.source = [&asked](std::string_view file, std::uint32_t line) -> std::optional<std::string> {
        EXPECT_EQ(file, "a.py");
        ++asked[line];
        return line == 1 ? std::optional<std::string>("\t  x = [</b>]\t1 \r\n") : std::nullopt;
      }});
  EXPECT_EQ(asked, (std::map<std::uint32_t, int>{{1, 1}, {2, 1}}));
  std::map<std::uint32_t, std::string> sources;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::size_t source = report["frames"]["source"][i];
    sources[report["frames"]["line"][i]] = report["strings"][source];
  }
  EXPECT_EQ(sources, (std::map<std::uint32_t, std::string>{{0, ""}, {1, "x = [</b>] 1"}, {2, ""}}));
}

TEST(ReportWriter, BoundsNumberAndLengthOfSourceLines) {
  Snapshot snapshot;
  for (std::uint32_t line = 1; line <= 5; ++line) {
    const FrameId frame = snapshot.add_frame(snapshot.add_string("a.py"), line);
    snapshot.add_trace({.traceback = snapshot.add_traceback({{frame}}, 1), .size = line});
  }
  std::vector<std::uint32_t> asked;
  const Json report = report_json(snapshot, nullptr,
                                  {.source =
                                       [&asked](std::string_view, std::uint32_t line) {
                                         asked.push_back(line);
                                         return std::optional(std::string(100'000, '\xff'));
                                       },
                                   .max_source_lines = 2,
                                   .max_source_length = 30});
  EXPECT_EQ(asked, (std::vector<std::uint32_t>{5, 4}));  // those of the largest tracebacks
  EXPECT_EQ(strings_of(report).back(), std::string(27, '?') + "...");
}

TEST(ReportWriter, SaysWhatTheSnapshotLacks) {
  Snapshot snapshot;
  snapshot.set_metadata(SnapshotMetadata{
      .pid = 42,
      .command = "python3 <app>",
      .losses = {{.what = "too many threads", .key = "busy", .count = 1200},
                 {.what = "nothing of it", .key = "none", .count = 0}},
      .coverage = Coverage{.attributed = 5,
                           .missing = 2,
                           .classes = {{.block_size = 32, .missing = 2}},
                           .causes = {{.what = "not looked at", .key = "not_seen", .count = 1}}},
      .replaced_allocator = "hook.so"});
  const Json report = report_json(snapshot);
  const Json& summary = report["snapshots"][0];
  EXPECT_EQ(
      summary["notes"],
      (Json{"not complete: what hook.so allocates is not seen", "lost 1,200: too many threads",
            "2 blocks (64 B) missing, most of 32 B", "at least 1 of them: not looked at"}));
  EXPECT_EQ(summary["pid"], 42);
  EXPECT_EQ(summary["command"], "python3 <app>");
}

TEST(ReportWriter, ShowsMetadataOfAnyKindAndMeaning) {
  Snapshot snapshot;
  snapshot.set_metadata("pid", std::string("no number"));
  snapshot.set_metadata("coverage.missing.", std::int64_t{-5});
  snapshot.set_metadata("lost.x", std::string("y"));
  snapshot.set_metadata("user", std::string("\xff\n"));
  const Json report = report_json(snapshot);
  const Json& summary = report["snapshots"][0];
  EXPECT_EQ(summary["metadata"], Json::parse(R"([["coverage.missing.", -5], ["lost.x", "y"],
                                   ["pid", "no number"], ["user", "?\\x0a"]])"));
  EXPECT_FALSE(summary.contains("pid"));  // the page would do sums with it
}

}  // namespace
}  // namespace tmbpf::test
