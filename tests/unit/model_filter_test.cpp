// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/model_snapshot_pair.h"
#include "userspace/model/address_filter.h"
#include "userspace/model/age_filter.h"
#include "userspace/model/file_pattern.h"
#include "userspace/model/filter.h"

namespace tmbpf::test {
namespace {

using Sizes = std::vector<std::uint64_t>;

Sizes sizes_of(const Snapshot& snapshot) {
  Sizes sizes;
  for (const Trace& trace : snapshot.traces()) {
    sizes.push_back(trace.size);
  }
  return sizes;
}

template <std::size_t count>
Sizes filtered(const Snapshot& snapshot, const std::array<TraceFilter, count>& filters) {
  return sizes_of(filter_traces(snapshot, filters));
}

// Whether a filter keeps a trace with these frames.
bool keeps(const Filter& filter, const std::vector<Line>& most_recent_first) {
  Snapshot snapshot;
  SnapshotPair::add(snapshot, 0, 1, most_recent_first, 1);
  return !filter_traces(snapshot, std::array<TraceFilter, 1>{filter}).traces().empty();
}

TEST(FilterTraces, KeepsWhatAnInclusiveFilterMatchesAndNoExclusiveOneDoes) {
  const SnapshotPair pair;
  const Filter no_load{.inclusive = false, .filename_pattern = "load.py"};
  const Filter cache{.filename_pattern = "cache.py", .lineno = 77};
  const Filter other_line{.filename_pattern = "cache.py", .lineno = 78};
  const Filter parse{.filename_pattern = "parse.py"};
  EXPECT_EQ(filtered<1>(pair.snapshot, {no_load}), (Sizes{1000, 3, 90}));
  EXPECT_EQ(filtered<2>(pair.snapshot, {cache, parse}), (Sizes{1000, 3, 90}));
  EXPECT_EQ(filtered<1>(pair.snapshot, {other_line}), Sizes());
  EXPECT_EQ(filtered<3>(pair.snapshot, {cache, no_load, parse}), (Sizes{1000, 3, 90}));
}

TEST(FilterTraces, WithoutAFilterCopiesAndNeverTouchesTheOriginal) {
  const SnapshotPair pair;
  const Sizes before = sizes_of(pair.snapshot);
  const Snapshot copy = filter_traces(pair.snapshot, {});
  EXPECT_EQ(sizes_of(copy), before);
  EXPECT_EQ(copy.traceback_limit(), 3U);
  filtered<1>(pair.snapshot, {Filter{.inclusive = false}});
  EXPECT_EQ(sizes_of(pair.snapshot), before);
}

TEST(FilterTraces, AndTheOthersKeepReplicates) {
  Snapshot snapshot;
  const TracebackId traceback = snapshot.add_traceback({}, 0);
  const Replicates replicates{3, 0, 5};
  constexpr std::int64_t kSecond = 1'000'000'000;
  snapshot.add_trace({.traceback = traceback, .size = 1, .time = kSecond, .address = 64});
  snapshot.add_trace({.traceback = traceback,
                      .size = 16,
                      .weight = 2.5,
                      .time = 5 * kSecond,
                      .address = 128,
                      .replicates = snapshot.add_replicates(replicates)});
  const std::array<TraceFilter, 1> all{Filter{}};
  const Snapshot filtered = filter_traces(snapshot, all);
  EXPECT_EQ(filtered.traces()[0].replicates, 0U);
  EXPECT_EQ(filtered.replicates(filtered.traces()[1].replicates), replicates);
  const Snapshot young = filter_by_age(filtered, 6, std::nullopt, 2);
  ASSERT_EQ(young.traces().size(), 1U);
  EXPECT_EQ(young.replicates(young.traces()[0].replicates), replicates);
  const Snapshot at_address = filter_by_address(young, 140);
  ASSERT_EQ(at_address.traces().size(), 1U);
  EXPECT_EQ(at_address.replicates(at_address.traces()[0].replicates), replicates);
}

TEST(FilterTraces, JoinsADomainToAPattern) {
  const SnapshotPair pair;
  const Filter with{.filename_pattern = "parse.py", .domain = 7};
  const Filter without{.inclusive = false, .filename_pattern = "parse.py", .domain = 7};
  EXPECT_EQ(filtered<1>(pair.snapshot, {with}), (Sizes{3}));
  EXPECT_EQ(filtered<1>(pair.snapshot, {without}), (Sizes{40, 40, 1000, 90}));
}

TEST(FilterTraces, KnowsDomainsAlone) {
  const SnapshotPair pair;
  EXPECT_EQ(filtered<1>(pair.snapshot, {DomainFilter{.inclusive = false, .domain = 0}}),
            (Sizes{3, 90}));
  EXPECT_EQ(filtered<1>(pair.snapshot, {DomainFilter{.inclusive = true, .domain = 2}}),
            (Sizes{90}));
}

TEST(Filter, LooksAtTheMostRecentFrameOfAnyFileAndLineUnlessToldOtherwise) {
  const Filter filter;
  EXPECT_TRUE(filter.inclusive);
  EXPECT_EQ(filter.filename_pattern, "*");
  EXPECT_EQ(filter.lineno, std::nullopt);
  EXPECT_FALSE(filter.all_frames);
  EXPECT_EQ(filter.domain, std::nullopt);
}

TEST(Filter, MatchesNamesAndLinesAlsoLineZero) {
  for (const bool inclusive : {true, false}) {
    Filter filter{.inclusive = inclusive, .filename_pattern = "x"};
    EXPECT_EQ(keeps(filter, {{"x", 0}}), inclusive);
    EXPECT_EQ(keeps(filter, {{"x", 9}}), inclusive);
    EXPECT_EQ(keeps(filter, {{"<unknown>", 0}}), !inclusive);
    for (const std::uint32_t line : {0U, 9U}) {
      filter.lineno = line;
      EXPECT_EQ(keeps(filter, {{"x", line}}), inclusive);
      EXPECT_EQ(keeps(filter, {{"x", 9 - line}}), !inclusive);
      EXPECT_EQ(keeps(filter, {{"y", line}}), !inclusive);
    }
  }
}

TEST(Filter, WithAllFramesIsContentWithOneThatMatches) {
  const std::vector<Line> inner{{"in.py", 1}, {"out.py", 2}};
  const std::vector<Line> unknown{{"<unknown>", 0}};
  for (const bool inclusive : {true, false}) {
    Filter filter{.inclusive = inclusive, .filename_pattern = "out.py"};
    EXPECT_EQ(keeps(filter, inner), !inclusive);
    filter.all_frames = true;
    EXPECT_EQ(keeps(filter, inner), inclusive);
    EXPECT_EQ(keeps(filter, unknown), !inclusive);
  }
  EXPECT_TRUE(keeps({.filename_pattern = "<unknown>", .all_frames = true},
                    {{"in.py", 1}, {"<unknown>", 0}}));
  EXPECT_FALSE(keeps({.inclusive = false, .filename_pattern = "<unknown>"}, unknown));
}

TEST(Filter, TakesCompiledFilesForTheirSources) {
  EXPECT_TRUE(keeps({.filename_pattern = "x.py"}, {{"x.pyc", 1}}));
  EXPECT_TRUE(keeps({.filename_pattern = "x.pyc"}, {{"x.py", 1}}));
  EXPECT_FALSE(keeps({.filename_pattern = "x.py"}, {{"x.pyo", 1}}));
  EXPECT_FALSE(keeps({.filename_pattern = "x.PYC"}, {{"x.py", 1}}));
}

TEST(FilePattern, KnowsStarsMarksAndSetsAndMindsCaseAndSlashes) {
  const auto matches = [](const char* name, const char* pattern) {
    return FilePattern(pattern).matches(name);
  };
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("", "*"));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_FALSE(matches("x", ""));
  EXPECT_TRUE(matches("one", "one"));
  EXPECT_FALSE(matches("one", "ones"));
  EXPECT_TRUE(matches("one", "o*"));
  EXPECT_TRUE(matches("one", "one*"));
  EXPECT_FALSE(matches("one", "ones*"));
  EXPECT_TRUE(matches("onenex", "o*nex"));
  EXPECT_FALSE(matches("onenez", "o*nex"));
  EXPECT_TRUE(matches("xaybzbz", "x*b*bz"));
  EXPECT_FALSE(matches("xaybzbq", "x*b*bz"));
  EXPECT_FALSE(matches("One", "one"));
  EXPECT_FALSE(matches("a/b", "a\\b"));
  EXPECT_TRUE(matches("a/b/.c", "a*c"));
  EXPECT_TRUE(matches("\xc3\xa9", "?"));
  EXPECT_TRUE(matches("k", "[a-m]"));
  EXPECT_FALSE(matches("k", "[!a-m]"));
  EXPECT_TRUE(matches("[", "["));
}

TEST(AgeFilter, KeepsBlocksByTheTimeOfTheSnapshot) {
  Snapshot snapshot;
  SnapshotPair::add(snapshot, 0, 1, {{"a.py", 1}}, 1);
  EXPECT_FALSE(has_times(snapshot));
  const TracebackId traceback = snapshot.traces()[0].traceback;
  for (const std::int64_t second : {100, 160, 200}) {
    snapshot.add_trace({.traceback = traceback,
                        .size = static_cast<std::uint64_t>(second),
                        .time = second * 1'000'000'000});
  }
  EXPECT_TRUE(has_times(snapshot));
  EXPECT_EQ(sizes_of(filter_by_age(snapshot, 200, 40, std::nullopt)), (Sizes{100, 160}));
  EXPECT_EQ(sizes_of(filter_by_age(snapshot, 200, std::nullopt, 40)), (Sizes{160, 200}));
  EXPECT_EQ(sizes_of(filter_by_age(snapshot, 200, 10, 50)), (Sizes{160}));
}

}  // namespace
}  // namespace tmbpf::test
