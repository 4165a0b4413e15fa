// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <profile.pb.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/model_random_snapshot.h"
#include "userspace/files/gzip_sink.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/pprof/pprof_reader.h"
#include "userspace/files/pprof/pprof_writer.h"
#include "userspace/files/string_sink.h"
#include "userspace/model/printed_form.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

std::string written(const Snapshot& snapshot) {
  StringSink sink;
  write_pprof(snapshot, sink);
  return sink.text();
}

Snapshot read(const std::string& bytes) {
  MemorySource source(bytes, "a.pb.gz", 1000);
  return read_pprof(source);
}

std::string zipped(const std::string& bytes) {
  StringSink sink;
  GzipSink gzip(sink);
  gzip.write(bytes);
  gzip.finish();
  return sink.text();
}

// What Error says about these bytes; "" if they can be read.
std::string complaint(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// A profile with the strings "", inuse_objects, inuse_space, a.py, f (4) and one frame.
pprof::Profile other_tools_profile() {
  pprof::Profile profile;
  for (const char* text : {"", "inuse_objects", "inuse_space", "a.py", "f"}) {
    profile.add_string_table(text);
  }
  profile.add_sample_type()->set_type(1);
  profile.add_sample_type()->set_type(2);
  pprof::Function& function = *profile.add_function();
  function.set_id(7);
  function.set_name(4);
  function.set_filename(3);
  pprof::Location& location = *profile.add_location();
  location.set_id(9);
  pprof::Line& line = *location.add_line();
  line.set_function_id(7);
  line.set_line(12);
  pprof::Sample& sample = *profile.add_sample();
  sample.add_location_id(9);
  sample.add_value(3);
  sample.add_value(10);
  return profile;
}

std::string complaint(const pprof::Profile& profile) {
  return complaint(zipped(profile.SerializeAsString()));
}

TEST(PprofReader, GivesBackWhatWasWrittenByteForByte) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::string first = written(random_rich_snapshot(seed));
    EXPECT_EQ(written(read(first)), first) << seed;
    const std::string estimates = written(random_estimates(seed).first);
    EXPECT_EQ(written(read(estimates)), estimates) << seed;
  }
}

// Blocks by what is said of them; of estimates their number, since each stays alone.
std::map<std::string, double> contents(const Snapshot& snapshot) {
  const TracebackTable& table = snapshot.table();
  std::map<std::string, double> blocks;
  for (const Trace& trace : snapshot.traces()) {
    const std::string text = fmt::format(
        "{} {} {}", to_string(table.traceback(trace.traceback), table), trace.domain, trace.size);
    if (trace.replicates == 0) {
      blocks[text] += trace.weight;
    } else {
      const Replicates& replicates = snapshot.replicates(trace.replicates);
      ++blocks[fmt::format("{} {} {}", text, trace.weight, fmt::join(replicates, " "))];
    }
  }
  return blocks;
}

TEST(PprofReader, GivesBackReplicates) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const auto [snapshot, old] = random_estimates(seed);
    EXPECT_EQ(contents(read(written(snapshot))), contents(snapshot)) << seed;
  }
}

TEST(PprofReader, RefusesReplicatesThatAreNone) {
  const std::string nineteen = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19";
  const auto with_label = [](const std::string& text) {
    pprof::Profile profile = other_tools_profile();
    profile.add_string_table("replicates");
    profile.add_string_table(text);
    pprof::Label& label = *profile.mutable_sample(0)->add_label();
    label.set_key(5);
    label.set_str(6);
    return profile;
  };
  EXPECT_EQ(complaint(with_label(nineteen + ",0.5")), "");
  for (const char* last :
       {"", ",", ",-1", ",-0", ",nan", ",inf", ",1e39", ",x", ",1,2", ",1,", " 1", ", 1", ",1 "}) {
    EXPECT_NE(complaint(with_label(nineteen + last)).find("replicates that are not 20 numbers"),
              std::string::npos)
        << last;
  }
  EXPECT_NE(complaint(with_label("")).find("replicates that are not 20"), std::string::npos);
}

TEST(PprofReader, GivesBackEveryFieldOfATrace) {
  Snapshot snapshot;
  const FrameId frame =
      snapshot.add_frame(snapshot.add_string("a.py"), 3, snapshot.add_string("f"));
  const Trace trace{.domain = 389047,
                    .traceback = snapshot.add_traceback(std::span(&frame, 1), 9),
                    .size = 1000,
                    .weight = 2.75,
                    .time = 1'700'000'000'123'456'789,
                    .address = 0x7ffff0001230};
  snapshot.add_trace(trace);
  snapshot.set_traceback_limit(25);
  snapshot.set_metadata("command", std::string("a\"b\\c\n\x01"));
  snapshot.set_metadata("elapsed", 2.0);
  const Snapshot back = read(written(snapshot));
  ASSERT_EQ(back.traces().size(), 1U);
  EXPECT_EQ(back.traces()[0], trace);
  EXPECT_EQ(back.traceback_limit(), 25U);
  EXPECT_EQ(back.metadata(), snapshot.metadata());
  const Traceback traceback = back.table().traceback(back.traces()[0].traceback);
  EXPECT_EQ(traceback.total_nframe, 9);
  EXPECT_EQ(back.table().string(back.table().frame(traceback.frames[0]).function), "f");
}

TEST(PprofReader, SplitsOtherToolsSamplesIntoBlocks) {
  const Snapshot snapshot = read(zipped(other_tools_profile().SerializeAsString()));
  ASSERT_EQ(snapshot.traces().size(), 2U);
  EXPECT_EQ(snapshot.traces()[0].size, 4U);
  EXPECT_EQ(snapshot.traces()[0].weight, 1);
  EXPECT_EQ(snapshot.traces()[1].size, 3U);
  EXPECT_EQ(snapshot.traces()[1].weight, 2);
  const TracebackTable& table = snapshot.table();
  const Frame frame = table.frame(table.traceback(snapshot.traces()[0].traceback).frames[0]);
  EXPECT_EQ(table.string(frame.filename), "a.py");
  EXPECT_EQ(table.string(frame.function), "f");
  EXPECT_EQ(frame.lineno, 12U);
}

TEST(PprofReader, SaysWhereNumbersLeadNowhere) {
  pprof::Profile profile = other_tools_profile();
  profile.mutable_sample(0)->set_location_id(0, 10);
  EXPECT_NE(complaint(profile).find("location 10, which is not there"), std::string::npos);
  profile = other_tools_profile();
  profile.mutable_location(0)->mutable_line(0)->set_function_id(8);
  EXPECT_NE(complaint(profile).find("function 8, which is not there"), std::string::npos);
  profile = other_tools_profile();
  profile.mutable_function(0)->set_name(5);
  EXPECT_NE(complaint(profile).find("string 5, expected below 5"), std::string::npos);
  profile = other_tools_profile();
  profile.mutable_function(0)->set_name(-1);
  EXPECT_NE(complaint(profile).find("string -1"), std::string::npos);
  profile = other_tools_profile();
  *profile.add_location() = profile.location(0);
  EXPECT_NE(complaint(profile).find("a second location with id 9"), std::string::npos);
  profile = other_tools_profile();
  profile.mutable_sample(0)->set_value(0, -3);
  EXPECT_NE(complaint(profile).find("-3 blocks"), std::string::npos);
  profile = other_tools_profile();
  profile.mutable_sample(0)->clear_value();
  EXPECT_NE(complaint(profile).find("0 values"), std::string::npos);
  profile = other_tools_profile();
  profile.clear_sample_type();
  EXPECT_NE(complaint(profile).find("no profile of live memory"), std::string::npos);
}

TEST(PprofReader, NamesTheFileAndPlaceOfDamage) {
  const std::string whole = written(random_rich_snapshot(3));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string text = complaint(whole.substr(0, size));
    EXPECT_TRUE(text.starts_with("cannot read a.pb.gz: ")) << size << ": " << text;
  }
  std::mt19937 random(11);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    const std::string text = complaint(bytes);
    EXPECT_TRUE(text.empty() || text.starts_with("cannot read a.pb.gz: ")) << text;
  }
}

// A gzip'd file may unpack to a thousand times its size.
TEST(PprofReader, RefusesWhatUnpacksToTooMuch) {
  std::string samples;
  for (int i = 0; i < 1 << 16; ++i) {
    pprof::Profile part;
    part.add_sample()->add_value(1 + i % 2);
    part.mutable_sample(0)->add_value(0);
    part.AppendToString(&samples);
  }
  StringSink sink;
  GzipSink gzip(sink);
  gzip.write(other_tools_profile().SerializeAsString());
  for (int i = 0; i < 200; ++i) {
    gzip.write(samples);
  }
  gzip.finish();
  EXPECT_LT(sink.text().size(), 8U << 20U);
  EXPECT_NE(complaint(sink.text()).find("unpacks to more"), std::string::npos);
  const std::string zeros(std::size_t{64} << 20U, '\0');
  EXPECT_NE(complaint(zipped(zeros)).find("cannot read a.pb.gz"), std::string::npos);
}

}  // namespace
}  // namespace tmbpf::test
