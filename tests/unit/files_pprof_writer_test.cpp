// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <profile.pb.h>
#include <zlib.h>

#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/unit/model_random_snapshot.h"
#include "tests/unit/util_command.h"
#include "tests/unit/util_scratch_directory.h"
#include "userspace/files/pprof/pprof_writer.h"
#include "userspace/files/snapshot_file.h"

namespace tmbpf::test {
namespace {

std::string gunzip(const std::string& path) {
  std::string text;
  std::array<char, 65536> buffer{};
  gzFile file = gzopen(path.c_str(), "rb");
  for (int got = 0; (got = gzread(file, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  EXPECT_EQ(gzclose(file), Z_OK);
  return text;
}

pprof::Profile written(const Snapshot& snapshot) {
  const ScratchDirectory directory;
  write_snapshot(snapshot, directory.path("x.pb.gz"));
  pprof::Profile profile;
  EXPECT_TRUE(profile.ParseFromString(gunzip(directory.path("x.pb.gz"))));
  return profile;
}

const std::string& text_of(const pprof::Profile& profile, std::int64_t index) {
  return profile.string_table(static_cast<int>(index));
}

std::int64_t label(const pprof::Profile& profile, const pprof::Sample& sample,
                   const std::string& key) {
  for (const pprof::Label& candidate : sample.label()) {
    if (text_of(profile, candidate.key()) == key) {
      return candidate.num();
    }
  }
  return -1;
}

std::string frame_text(std::string_view file, std::string_view function, std::int64_t line) {
  return fmt::format("{}|{}|{}\n", file, function, line);
}

std::string stack_text(const pprof::Profile& profile, const pprof::Sample& sample) {
  std::string text;
  for (const std::uint64_t id : sample.location_id()) {
    const pprof::Location& location = profile.location(static_cast<int>(id) - 1);
    EXPECT_EQ(location.id(), id);
    const pprof::Line& line = location.line(0);
    const pprof::Function& function = profile.function(static_cast<int>(line.function_id()) - 1);
    EXPECT_EQ(function.id(), line.function_id());
    text += frame_text(text_of(profile, function.filename()),
                       text_of(profile, function.system_name()), line.line());
  }
  return text;
}

std::string stack_text(const Snapshot& snapshot, const Trace& trace) {
  const TracebackTable& table = snapshot.table();
  std::string text;
  for (const FrameId id : table.traceback(trace.traceback).frames) {
    const Frame frame = table.frame(id);
    text += frame_text(table.string(frame.filename), table.string(frame.function), frame.lineno);
  }
  return text;
}

// (stack leaf first, total_nframe, domain, size) -> count
using Contents =
    std::map<std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>, std::int64_t>;

Contents contents(const Snapshot& snapshot) {
  Contents result;
  for (const Trace& trace : snapshot.traces()) {
    ++result[{stack_text(snapshot, trace), snapshot.table().traceback(trace.traceback).total_nframe,
              trace.domain, static_cast<std::int64_t>(trace.size)}];
  }
  return result;
}

// Size and number, as the labels `size` or `sizes` have them.
std::vector<std::pair<std::int64_t, std::int64_t>> sizes_of(const pprof::Profile& profile,
                                                            const pprof::Sample& sample) {
  for (const pprof::Label& candidate : sample.label()) {
    if (text_of(profile, candidate.key()) == "sizes") {
      std::vector<std::pair<std::int64_t, std::int64_t>> sizes;
      std::istringstream words(text_of(profile, candidate.str()));
      for (std::string word; words >> word;) {
        const std::size_t star = word.find('*');
        sizes.emplace_back(std::stoll(word),
                           star == std::string::npos ? 1 : std::stoll(word.substr(star + 1)));
      }
      return sizes;
    }
  }
  return {{label(profile, sample, "size"), sample.value(0)}};
}

TEST(PprofWriter, LosesNothingOfRandomSnapshots) {
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const Snapshot snapshot = random_snapshot(seed);
    const pprof::Profile profile = written(snapshot);
    Contents read_back;
    std::set<std::tuple<std::string, std::int64_t, std::int64_t>> groups;
    for (const pprof::Sample& sample : profile.sample()) {
      ASSERT_EQ(sample.value_size(), 2);
      const auto stack = stack_text(profile, sample);
      const std::int64_t total = label(profile, sample, "total_nframe");
      const std::int64_t domain = label(profile, sample, "domain");
      std::int64_t bytes = 0;
      for (const auto& [size, count] : sizes_of(profile, sample)) {
        read_back[{stack, total, domain, size}] += count;
        bytes += size * count;
      }
      EXPECT_EQ(sample.value(1), bytes);
      EXPECT_TRUE(groups.emplace(stack, total, domain).second) << "a group in two samples";
    }
    EXPECT_EQ(read_back, contents(snapshot)) << "seed " << seed;
  }
}

TEST(PprofWriter, BeginsItsStringsWithTheEmptyOneAndRepeatsNone) {
  const pprof::Profile profile = written(random_snapshot(3));
  ASSERT_GT(profile.string_table_size(), 1);
  EXPECT_EQ(profile.string_table(0), "");
  const std::set<std::string> distinct(profile.string_table().begin(),
                                       profile.string_table().end());
  EXPECT_EQ(distinct.size(), static_cast<std::size_t>(profile.string_table_size()));
}

TEST(PprofWriter, NamesItsSampleTypes) {
  const pprof::Profile profile = written(Snapshot());
  ASSERT_EQ(profile.sample_type_size(), 2);
  EXPECT_EQ(text_of(profile, profile.sample_type(0).type()), "inuse_objects");
  EXPECT_EQ(text_of(profile, profile.sample_type(0).unit()), "count");
  EXPECT_EQ(text_of(profile, profile.sample_type(1).type()), "inuse_space");
  EXPECT_EQ(text_of(profile, profile.sample_type(1).unit()), "bytes");
  EXPECT_EQ(text_of(profile, profile.default_sample_type()), "inuse_space");
  EXPECT_EQ(text_of(profile, profile.period_type().type()), "space");
  EXPECT_EQ(profile.period(), 1);
}

TEST(PprofWriter, PutsTheMetadataIntoComments) {
  Snapshot snapshot;
  snapshot.set_traceback_limit(25);
  snapshot.set_metadata("pid", std::int64_t{-7});
  snapshot.set_metadata("time", 1700000000.5);
  snapshot.set_metadata("elapsed", 2.0);
  snapshot.set_metadata("command", std::string("a \"b\"\n\\ caf\xc3\xa9"));
  const pprof::Profile profile = written(snapshot);
  std::vector<std::string> comments;
  for (const std::int64_t index : profile.comment()) {
    comments.push_back(text_of(profile, index));
  }
  EXPECT_EQ(comments,
            (std::vector<std::string>{
                "tmbpf:traceback_limit=25", "tmbpf:command=\"a \\\"b\\\"\\u000a\\\\ caf\xc3\xa9\"",
                "tmbpf:elapsed=2.0", "tmbpf:pid=-7", "tmbpf:time=1700000000.5"}));
  EXPECT_EQ(profile.time_nanos(), 1700000000500000000);
  EXPECT_EQ(profile.duration_nanos(), 2000000000);
}

TEST(PprofWriter, TellsWhatTheTracerKnowsAboutTheSnapshot) {
  Snapshot snapshot;
  snapshot.set_metadata({.attached = 1000, .time = 1002.5, .coverage = Coverage{.attributed = 3}});
  const pprof::Profile profile = written(snapshot);
  std::set<std::string> comments;
  for (const std::int64_t index : profile.comment()) {
    comments.insert(text_of(profile, index));
  }
  EXPECT_TRUE(comments.contains("tmbpf:coverage=1.0"));
  EXPECT_TRUE(comments.contains("tmbpf:coverage.attributed=3"));
  EXPECT_TRUE(comments.contains("tmbpf:before.blocks=0"));
  EXPECT_EQ(profile.time_nanos(), 1002500000000);
  EXPECT_EQ(profile.duration_nanos(), 2500000000);
}

TEST(PprofWriter, DoesNotOverflowOnATimeThatIsNone) {
  Snapshot snapshot;
  snapshot.set_metadata("time", 1e300);
  snapshot.set_metadata("elapsed", std::string("long"));
  const pprof::Profile profile = written(snapshot);
  EXPECT_EQ(profile.time_nanos(), 0);
  EXPECT_EQ(profile.duration_nanos(), 0);
}

std::string go_pprof(const ScratchDirectory& directory, const std::string& path,
                     const std::vector<std::string>& options) {
  std::vector<std::string> command{"go", "tool", "pprof"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(path);
  const CommandResult result = run_command(
      command, {"GOCACHE=" + directory.path("cache"), "GOFLAGS=", "HOME=" + directory.path("")});
  EXPECT_EQ(result.exit_status, 0);
  return result.output;
}

TEST(PprofWriter, WritesFilesThatGoReadsWithTheSameTotals) {
  if (!find_in_path("go")) {
    GTEST_SKIP() << "no go in PATH: go tool pprof cannot check our files";
  }
  const ScratchDirectory directory;
  const std::string path = directory.path("x.pb.gz");
  const Snapshot snapshot = random_snapshot(11);
  write_snapshot(snapshot, path);
  std::uint64_t bytes = 0;
  for (const Trace& trace : snapshot.traces()) {
    bytes += trace.size;
  }
  ASSERT_GT(bytes, 0U);
  const std::string space = go_pprof(directory, path, {"-top", "-unit=B", "-nodecount=1000000"});
  EXPECT_NE(space.find("Type: inuse_space"), std::string::npos) << space;
  EXPECT_NE(space.find(fmt::format("of {}B total", bytes)), std::string::npos) << space;
  const std::string objects =
      go_pprof(directory, path, {"-top", "-sample_index=inuse_objects", "-nodecount=1000000"});
  EXPECT_NE(objects.find(fmt::format("of {} total", snapshot.traces().size())), std::string::npos)
      << objects;
  const std::string raw = go_pprof(directory, path, {"-raw"});
  EXPECT_NE(raw.find("inuse_objects/count inuse_space/bytes"), std::string::npos) << raw;
}

}  // namespace
}  // namespace tmbpf::test
