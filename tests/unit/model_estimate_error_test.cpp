// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "tests/unit/model_random_snapshot.h"
#include "userspace/model/estimate_error.h"
#include "userspace/model/printed_form.h"
#include "userspace/model/statistics.h"

namespace tmbpf::test {
namespace {

struct Sums {
  std::array<double, kReplicates> sizes{};
  std::array<double, kReplicates> counts{};
};
using SumsByPlace = std::map<std::string, Sums>;

constexpr std::array kKeyTypes{KeyType::lineno, KeyType::filename, KeyType::function,
                               KeyType::traceback};

std::string place(const Frame& frame, KeyType type, const TracebackTable& table) {
  const std::string_view file = table.string(frame.filename);
  return type == KeyType::filename   ? std::string(file)
         : type == KeyType::function ? fmt::format("{}:{}", file, table.string(frame.function))
                                     : to_string(frame, table);
}

std::string place(const GroupKey& key, const TracebackTable& table) {
  std::string text;
  for (const Frame& frame : frames_of(key, table)) {
    text += place(frame, key.type, table) + ">";
  }
  return text;
}

// One for each group that the trace counts in.
std::vector<std::string> places(const Trace& trace, KeyType type, Cumulative cumulative,
                                const TracebackTable& table) {
  if (type == KeyType::traceback) {
    return {place(GroupKey{.type = type, .traceback = trace.traceback}, table)};
  }
  std::vector<std::string> all;
  for (const FrameId id : table.traceback(trace.traceback).frames) {
    all.push_back(place(table.frame(id), type, table) + ">");
  }
  if (cumulative == Cumulative::no) {
    all.resize(1);
  }
  if (cumulative == Cumulative::unique) {
    const std::set<std::string> once(all.begin(), all.end());
    all.assign(once.begin(), once.end());
  }
  return all;
}

// What each replicate's whole sample would say: the exact traces in each.
SumsByPlace sums_of(const Snapshot& snapshot, KeyType type, Cumulative cumulative) {
  SumsByPlace sums;
  for (const Trace& trace : snapshot.traces()) {
    for (const std::string& place : places(trace, type, cumulative, snapshot.table())) {
      for (std::size_t i = 0; i < kReplicates; ++i) {
        const double weight =
            trace.replicates == 0 ? trace.weight : snapshot.replicates(trace.replicates)[i];
        sums[place].sizes[i] += static_cast<double>(trace.size) * weight;
        sums[place].counts[i] += weight;
      }
    }
  }
  return sums;
}

struct Spread {
  double variance = 0;
  double degrees = 19;
};

Spread spread(const std::array<double, kReplicates>& values) {
  double mean = 0;
  for (const double value : values) {
    mean += value / 20;
  }
  double squares = 0;
  double fourths = 0;
  for (const double value : values) {
    squares += std::pow(value - mean, 2);
    fourths += std::pow(value - mean, 4);
  }
  const double degrees = fourths > 0 ? 3 * squares * squares / fourths - 3.5 : 19;
  return {.variance = 19.0 / 20 * squares, .degrees = std::clamp(degrees, 2.0, 19.0)};
}

Spread apart(const Spread& one, const Spread& other) {
  const double variance = one.variance + other.variance;
  const double parts =
      (std::pow(one.variance, 2) / one.degrees) + (std::pow(other.variance, 2) / other.degrees);
  return {.variance = variance, .degrees = parts > 0 ? variance * variance / parts : 19};
}

Sums difference(const Sums& now, const Sums& before) {
  Sums result = now;
  for (std::size_t i = 0; i < kReplicates; ++i) {
    result.sizes[i] -= before.sizes[i];
    result.counts[i] -= before.counts[i];
  }
  return result;
}

// Rounded up. Sums of up to 2^54 bytes, most of them exact, cost the expected value its last
// digits.
void expect_error(std::uint64_t error, const Spread& spread, const std::string& where) {
  const double n = spread.degrees;
  const double student = 1.96 + 2.37 / n + 2.82 / (n * n) + 3.6 / (n * n * n);
  const double width = student * std::sqrt(spread.variance);
  const double noise = 1 + 1e-9 * width;
  EXPECT_GE(static_cast<double>(error), width - noise) << where;
  EXPECT_LE(static_cast<double>(error), std::ceil(width + noise)) << where;
}

void expect_errors(const Snapshot& snapshot, KeyType type, Cumulative cumulative) {
  const SumsByPlace expected = sums_of(snapshot, type, cumulative);
  const auto rows = statistics(snapshot, type, cumulative);
  EXPECT_EQ(rows.size(), expected.size());
  for (const Statistic& row : rows) {
    const std::string where = place(row.key, snapshot.table());
    expect_error(row.size_error, spread(expected.at(where).sizes), where);
    expect_error(row.count_error, spread(expected.at(where).counts), where);
  }
}

TEST(EstimateError, IsTheJackknifesForEveryGrouping) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const Snapshot snapshot = random_estimates(seed).first;
    for (const KeyType type : kKeyTypes) {
      expect_errors(snapshot, type, Cumulative::no);
      if (type != KeyType::traceback) {
        expect_errors(snapshot, type, Cumulative::yes);
        expect_errors(snapshot, type, Cumulative::unique);
      }
    }
  }
}

void expect_errors_of_differences(const Snapshot& snapshot, const Snapshot& old, KeyType type,
                                  bool same) {
  SumsByPlace now = sums_of(snapshot, type, Cumulative::no);
  SumsByPlace before = sums_of(old, type, Cumulative::no);
  for (const StatisticDiff& row : compare_to(snapshot, old, type)) {
    const std::string where = place(row.key, snapshot.table());
    const Sums& after = now[where];
    const Sums& earlier = before[where];
    const Sums both = difference(after, earlier);
    expect_error(row.size_error, spread(after.sizes), where);
    expect_error(row.count_error, spread(after.counts), where);
    expect_error(row.size_diff_error,
                 same ? spread(both.sizes) : apart(spread(after.sizes), spread(earlier.sizes)),
                 where);
    expect_error(row.count_diff_error,
                 same ? spread(both.counts) : apart(spread(after.counts), spread(earlier.counts)),
                 where);
  }
}

TEST(EstimateError, OfADifferenceIsThatOfItsReplicatesWithinASession) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    auto [snapshot, old] = random_estimates(seed);
    for (const KeyType type : kKeyTypes) {
      expect_errors_of_differences(snapshot, old, type, false);
    }
    snapshot.set_metadata("pid", std::int64_t{7});
    snapshot.set_metadata("attached", 1e9);
    old.set_metadata("pid", std::int64_t{7});
    old.set_metadata("attached", 1e9 + 0.001);
    for (const KeyType type : kKeyTypes) {
      expect_errors_of_differences(snapshot, old, type, true);
    }
    old.set_metadata("attached", 1e9 - 60);
    expect_errors_of_differences(snapshot, old, KeyType::lineno, false);
  }
}

Sums total_of_groups(const SumsByPlace& groups) {
  Sums total;
  for (const auto& [place, sums] : groups) {
    for (std::size_t i = 0; i < kReplicates; ++i) {
      total.sizes[i] += sums.sizes[i];
      total.counts[i] += sums.counts[i];
    }
  }
  return total;
}

TEST(EstimateError, OfTheTotalIsNotTheSumOfItsGroups) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const auto [snapshot, old] = random_estimates(seed);
    const Sums now = total_of_groups(sums_of(snapshot, KeyType::lineno, Cumulative::no));
    const Sums before = total_of_groups(sums_of(old, KeyType::lineno, Cumulative::no));
    const StatisticDiff alone = compare_totals(snapshot, nullptr);
    expect_error(alone.size_error, spread(now.sizes), "total");
    expect_error(alone.count_error, spread(now.counts), "total");
    EXPECT_EQ(alone.size_diff_error + alone.count_diff_error, 0U);
    const StatisticDiff both = compare_totals(snapshot, &old);
    EXPECT_EQ(both.size_error, alone.size_error);
    expect_error(both.size_diff_error, apart(spread(now.sizes), spread(before.sizes)), "total");
    EXPECT_EQ(both.size_diff,
              static_cast<std::int64_t>(total_of(snapshot).size() - total_of(old).size()));
  }
}

TEST(EstimateError, IsZeroForWhatIsExact) {
  Snapshot snapshot;
  const TracebackId traceback = snapshot.add_traceback({}, 0);
  snapshot.add_trace({.traceback = traceback, .size = 100, .weight = 2.5});
  for (const Statistic& row : statistics(snapshot, KeyType::lineno)) {
    EXPECT_EQ(row.size_error + row.count_error, 0U);
  }
  Replicates same;
  same.fill(0.1F);
  snapshot.add_trace({.traceback = traceback,
                      .size = 1000003,
                      .weight = 0.1,
                      .replicates = snapshot.add_replicates(same)});
  for (const Statistic& row : statistics(snapshot, KeyType::lineno)) {
    EXPECT_EQ(row.size_error + row.count_error, 0U);
  }
}

TEST(EstimateError, OfOneWindowIsFourTimesWhatItSaw) {
  Snapshot snapshot;
  Replicates seen_once;
  seen_once.fill(10.0F * 20 / 19);  // the other windows stand for the one that is left out
  seen_once[4] = 0;
  snapshot.add_trace({.traceback = snapshot.add_traceback({}, 0),
                      .size = 100,
                      .weight = 10,
                      .replicates = snapshot.add_replicates(seen_once)});
  const auto rows = statistics(snapshot, KeyType::lineno);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 10U);
  EXPECT_EQ(rows[0].count_error, 43U);  // 4.3 * 10: t with two degrees of freedom
  EXPECT_EQ(rows[0].size_error, 4300U);
}

// The rest is Student's t: of all groups, and where only some have a window, of those.
TEST(EstimateError, IsWiderTheFewerGroupsHaveAWindow) {
  constexpr std::array<std::pair<std::size_t, double>, 4> kQuantiles{
      {{4, 3.182}, {6, 2.571}, {10, 2.262}, {20, 2.093}}};
  std::mt19937 random(4711);
  for (const auto& [groups, quantile] : kQuantiles) {
    double ratio = 0;
    constexpr int kTrials = 20000;
    for (int trial = 0; trial < kTrials; ++trial) {
      Replicates replicates;
      replicates.fill(1e6F);
      for (std::size_t group = 0; group < groups; ++group) {
        replicates[group] += static_cast<float>(std::normal_distribution<double>(0, 1e4)(random));
      }
      ReplicateSum sum;
      sum.add(1, replicates);
      const Spread known = spread(sum.counts());
      ratio += static_cast<double>(error_of(sum).count) / std::sqrt(known.variance) / kTrials;
    }
    EXPECT_NEAR(ratio / quantile, 1, 0.06) << groups;
  }
}

TEST(EstimateError, OfSumsBeyondAllNumbersStaysWithinThem) {
  Snapshot snapshot;
  Replicates large{};
  large[0] = std::numeric_limits<float>::max();
  snapshot.add_trace({.traceback = snapshot.add_traceback({}, 0),
                      .size = std::numeric_limits<std::uint64_t>::max(),
                      .weight = 1e300,
                      .replicates = snapshot.add_replicates(large)});
  EXPECT_EQ(statistics(snapshot, KeyType::lineno).at(0).size_error,
            std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace tmbpf::test
