// SPDX-License-Identifier: Apache-2.0
// What a reader leaves out must make no difference to who asked for it.
#include <gtest/gtest.h>
#include <profile.pb.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/model_random_snapshot.h"
#include "userspace/files/gzip_sink.h"
#include "userspace/files/gzip_source.h"
#include "userspace/files/memory_source.h"
#include "userspace/files/pprof/pprof_reader.h"
#include "userspace/files/pprof/pprof_writer.h"
#include "userspace/files/read_scope.h"
#include "userspace/files/string_sink.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

constexpr ReadScope kSums{.sizes = false};
constexpr ReadScope kLines{.sizes = false, .frames = 1};

std::string zipped(const std::string& bytes) {
  StringSink sink;
  GzipSink gzip(sink);
  gzip.write(bytes);
  gzip.finish();
  return sink.text();
}

std::string unzipped(const std::string& bytes) {
  MemorySource source(bytes, "a.pb.gz", 1000);
  GzipSource gzip(source);
  std::string text;
  std::vector<char> piece(1 << 16);
  for (std::size_t size = 0; (size = gzip.read(piece)) > 0;) {
    text.append(piece.data(), size);
  }
  return text;
}

std::string written(const Snapshot& snapshot) {
  StringSink sink;
  write_pprof(snapshot, sink);
  return sink.text();
}

Snapshot read(const std::string& bytes, const ReadScope& scope) {
  MemorySource source(bytes, "a.pb.gz", 1000);
  return read_pprof(source, std::make_shared<TracebackTable>(), scope);
}

std::vector<std::string> lines_of(const Snapshot& snapshot, KeyType type) {
  std::vector<std::string> lines;
  for (const Statistic& statistic : statistics(snapshot, type, Cumulative::no)) {
    lines.push_back(repr_of(statistic, snapshot.table()));
  }
  return lines;
}

TEST(ReadScope, SumsAreThoseOfAllSizes) {
  std::size_t fewer = 0;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::string file = written(random_rich_snapshot(seed));
    const Snapshot whole = read(file, {});
    const Snapshot sums = read(file, kSums);
    fewer += sums.traces().size() < whole.traces().size() ? 1 : 0;
    EXPECT_EQ(lines_of(sums, KeyType::traceback), lines_of(whole, KeyType::traceback)) << seed;
    EXPECT_EQ(sums.metadata(), whole.metadata()) << seed;
  }
  EXPECT_GT(fewer, 20U);
}

TEST(ReadScope, OneFrameIsEnoughForLines) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::string file = written(random_snapshot(seed));
    const Snapshot whole = read(file, {});
    const Snapshot some = read(file, kLines);
    EXPECT_LE(some.table().traceback_count(), whole.table().traceback_count());
    for (const KeyType type : {KeyType::lineno, KeyType::filename, KeyType::function}) {
      EXPECT_EQ(lines_of(some, type), lines_of(whole, type)) << seed;
    }
  }
}

using Groups = std::map<std::string, Statistic>;

Groups groups_of(const Snapshot& snapshot) {
  Groups groups;
  for (const Statistic& statistic : statistics(snapshot, KeyType::lineno, Cumulative::no)) {
    groups.emplace(to_string(statistic.key.frame, snapshot.table()), statistic);
  }
  return groups;
}

// Estimates are sums of doubles, added up in another order then.
TEST(ReadScope, OneFrameIsEnoughForEstimatesByLine) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const std::string file = written(random_rich_snapshot(seed));
    const Groups whole = groups_of(read(file, {}));
    const Groups some = groups_of(read(file, kLines));
    ASSERT_EQ(some.size(), whole.size());
    for (const auto& [line, statistic] : whole) {
      const Statistic& other = some.at(line);
      EXPECT_EQ(other.count, statistic.count) << line;
      const auto size = static_cast<double>(statistic.size);
      EXPECT_NEAR(static_cast<double>(other.size), size, std::max(1.0, size * 1e-15)) << line;
    }
  }
}

// The profile with its parts in another order: pprof allows any.
std::string with_names_last(const std::string& file) {
  pprof::Profile profile;
  EXPECT_TRUE(profile.ParseFromString(unzipped(file)));
  pprof::Profile samples;
  samples.mutable_sample()->Swap(profile.mutable_sample());
  return zipped(samples.SerializeAsString() + profile.SerializeAsString());
}

// The first half of the samples after the names, the other before them.
std::string with_names_between(const std::string& file) {
  pprof::Profile profile;
  EXPECT_TRUE(profile.ParseFromString(unzipped(file)));
  pprof::Profile first;
  pprof::Profile second;
  for (int i = 0; i < profile.sample_size(); ++i) {
    *(i < profile.sample_size() / 2 ? first : second).add_sample() = profile.sample(i);
  }
  profile.clear_sample();
  return zipped(first.SerializeAsString() + profile.SerializeAsString() +
                second.SerializeAsString());
}

// One location only after the samples.
std::string with_names_cut(const std::string& file) {
  pprof::Profile profile;
  EXPECT_TRUE(profile.ParseFromString(unzipped(file)));
  pprof::Profile late;
  if (profile.location_size() > 1) {
    late.mutable_location()->Add()->Swap(profile.mutable_location(profile.location_size() - 1));
    profile.mutable_location()->RemoveLast();
  }
  pprof::Profile samples;
  samples.mutable_sample()->Swap(profile.mutable_sample());
  return zipped(profile.SerializeAsString() + samples.SerializeAsString() +
                late.SerializeAsString());
}

TEST(ReadScope, TheOrderOfAFilesPartsMakesNoDifference) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const std::string file = written(random_rich_snapshot(seed));
    const std::array other_orders{with_names_last(file), with_names_between(file),
                                  with_names_cut(file)};
    for (const ReadScope& scope : {ReadScope(), kSums, kLines}) {
      const Snapshot snapshot = read(file, scope);
      for (const std::string& other : other_orders) {
        const Snapshot same = read(other, scope);
        EXPECT_EQ(same.metadata(), snapshot.metadata()) << seed;
        EXPECT_EQ(same.traceback_limit(), snapshot.traceback_limit());
        EXPECT_EQ(written(same), written(snapshot)) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace tmbpf::test
