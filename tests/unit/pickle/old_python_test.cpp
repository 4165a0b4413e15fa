// SPDX-License-Identifier: Apache-2.0
// Pickles of Pythons that this machine may not have: those that tests/fuzz/pickle_seeds.py wrote.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/pickle/snapshot_text.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/file_source.h"
#include "userspace/files/pickle/pickle_reader.h"

namespace tmbpf::test {
namespace {

Snapshot read_sample(const std::string& name) {
  FileSource source(fmt::format("{}/{}", TMBPF_PICKLE_CORPUS, name));
  return read_pickle(source);
}

// What pickle_seeds.py puts into each snapshot.
std::string expected_traces(const std::string& caller, bool domains, unsigned more_frames) {
  const std::string of_two = "a.py:10 < " + caller + ":4000000000\n";
  const auto line = [&](unsigned domain, std::uint64_t size, unsigned frames,
                        const std::string& text) {
    return fmt::format("{} {} {} {}", domains ? domain : 0, size, frames + more_frames, text);
  };
  return line(0, 0, 1, "a.py:10\n") + line(0, 255, 2, of_two) + line(0, 256, 1, "<unknown>:0\n") +
         line(0, 65536, 1, "a.py:10\n") + line(1, 0x80000000, 2, of_two) +
         line(1, 0x7fffffffffffffff, 1, "<unknown>:0\n");
}

TEST(OldPython, EachKeptSampleIsReadAndRecognised) {
  unsigned samples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TMBPF_PICKLE_CORPUS)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(is_pickle(read_file(entry.path().string()).substr(0, 16))) << name;
    EXPECT_FALSE(read_sample(name).traces().empty()) << name;
    ++samples;
  }
  EXPECT_GE(samples, 12U);
}

TEST(OldPython, TracesOfPython2AreReadAtEachProtocol) {
  for (const char* name : {"2.7-snapshot-0", "2.7-snapshot-1", "2.7-snapshot-2"}) {
    const Snapshot snapshot = read_sample(name);
    EXPECT_EQ(trace_text(snapshot), expected_traces("caf\xed\xb3\xa9.py", false, 0)) << name;
    EXPECT_EQ(snapshot.traceback_limit(), 25U);
    EXPECT_EQ(snapshot.metadata().at("attribute.pid"), MetadataValue(std::int64_t{42}));
    EXPECT_EQ(snapshot.metadata().at("attribute.note"), MetadataValue("caf\xc3\xa9 \xe2\x82\xac"));
    EXPECT_EQ(snapshot.metadata().at("attribute_json.nested"),
              MetadataValue(R"([null,true,0.1,{"$tuple":[]},{"$tuple":[1,"a"]},)"
                            R"({"$dict":[["a",[]],[2,{"$tuple":[]}]]},)"
                            R"({"$int":"000000000000000040"}])"))
        << name;
  }
}

TEST(OldPython, TracesOfPython3AreReadWithTwoThreeAndFourFields) {
  const std::string caller = "caf\xc3\xa9\xed\xb3\xbf\xf0\x9f\x90\x8d.py";
  for (const char* name :
       {"3.6-snapshot-0", "3.6-snapshot-2", "3.6-snapshot-4", "3.8-snapshot-5"}) {
    EXPECT_EQ(trace_text(read_sample(name)), expected_traces(caller, true, 0)) << name;
  }
  for (const char* name : {"3.13-snapshot-4", "3.13-snapshot-5"}) {
    EXPECT_EQ(trace_text(read_sample(name)), expected_traces(caller, true, 3)) << name;
  }
}

TEST(OldPython, TheDictOf2013BecomesWeightedTracesAndMetadata) {
  for (const char* name : {"2.7-stats-0", "2.7-stats-1", "2.7-stats-2"}) {
    const Snapshot snapshot = read_sample(name);
    std::uint64_t of_a = 0;
    double blocks_of_a = 0;
    for (const Trace& trace : snapshot.traces()) {
      const Traceback traceback = snapshot.table().traceback(trace.traceback);
      const Frame frame = snapshot.table().frame(traceback.frames.front());
      if (snapshot.table().string(frame.filename) == "a.py") {
        EXPECT_EQ(frame.lineno, 1U);
        of_a += trace.size * static_cast<std::uint64_t>(trace.weight);
        blocks_of_a += trace.weight;
      } else {
        EXPECT_EQ(snapshot.table().string(frame.filename), "b.py");
        EXPECT_EQ(frame.lineno, 7U);
        EXPECT_EQ(trace.size, 100U);
        EXPECT_EQ(trace.weight, 1);
      }
    }
    EXPECT_EQ(of_a, 10U);
    EXPECT_EQ(blocks_of_a, 3);
    const Metadata expected{{"pid", std::int64_t{42}},
                            {"process_memory", std::int64_t{12345678}},
                            {"timestamp", "2013-09-01 12:00:00"},
                            {"user_data", R"([{"$tuple":["objects","size",12]},{"$tuple":["caf)"
                                          "\xc3\xa9"
                                          R"(","%s",0.5]}])"}};
    EXPECT_EQ(snapshot.metadata(), expected) << name;
  }
}

}  // namespace
}  // namespace tmbpf::test
