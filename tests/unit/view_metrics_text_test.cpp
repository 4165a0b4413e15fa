// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "userspace/model/process_metrics.h"
#include "userspace/view/metrics_text.h"

namespace tmbpf::test {
namespace {

using Texts = std::vector<std::string>;

Metadata of_2013(std::int64_t memory, const std::string& user_data) {
  return {{"process_memory", memory}, {"user_data", user_data}};
}

TEST(MetricsText, SaysNothingWithoutMetadata) { EXPECT_EQ(metrics_lines({}), Texts()); }

TEST(MetricsText, ShowsUserDataWhetherInListsOrTuples) {
  const Texts expected{"Total process memory: 2048 B", "Cache: 20.0 KiB", "Users: 3",
                       "State: \"a\" b"};
  for (
      const char* data :
      {R"([["Cache","size",20480],["Users","%i",3],["State","%s","\"a\" b"]])",
       R"({"$tuple":[{"$tuple":["Cache","size",20480]},["Users","%i",3],["State","%s","\"a\" b"]]})"}) {
    EXPECT_EQ(metrics_lines(of_2013(2048, data)), expected) << data;
  }
}

TEST(MetricsText, HasDifferencesWhereBothSnapshotsHaveSizes) {
  const Metadata now = of_2013(3000, R"([["A","size",10],["B","size",20],["C","%i",30]])");
  const Metadata old = of_2013(5000, R"([["B","size",5],["A","%i",1],["C","size",1]])");
  EXPECT_EQ(metrics_lines(now, &old), (Texts{"Total process memory: 3000 B (-2000 B)", "A: 10 B",
                                             "B: 20 B (+15 B)", "C: 30"}));
  const Metadata nothing;
  EXPECT_EQ(metrics_lines(now, &nothing),
            (Texts{"Total process memory: 3000 B", "A: 10 B", "B: 20 B", "C: 30"}));
}

TEST(MetricsText, DoesNotFollowDeepNesting) {
  const std::string deep = std::string(1000000, '[') + std::string(1000000, ']');
  EXPECT_EQ(metrics_lines({{"user_data", R"([["A","%s",)" + deep + "]]"}}).size(), 1U);
  EXPECT_EQ(metrics_lines({{"user_data", deep}}), Texts());
}

TEST(MetricsText, PassesOverListsOfAnotherForm) {
  for (const char* data : {"", "[1]", "[[]]", R"([["A","size"]])", R"([[1,"size",2]])", "{}"}) {
    EXPECT_EQ(metrics_lines({{"user_data", data}}), Texts()) << data;
  }
  EXPECT_EQ(metrics_lines({{"user_data", R"([["A\u001b","size","\u001b"]])"}}).size(), 1U);
  EXPECT_EQ(metrics_lines({{"user_data", R"([["A\u001b","size","\u001b"]])"}})[0].find('\x1b'),
            std::string::npos);
}

TEST(MetricsText, ShowsTheMembersOfAnObject) {
  EXPECT_EQ(metrics_lines({{"user_data", R"({"b\u001b":[1,{"c":2}],"a":"text"})"}}),
            (Texts{"a: text", R"(b\x1b: [1,{"c":2}])"}));
}

TEST(MetricsText, ShowsTheFirstLinesOfAnyOtherText) {
  EXPECT_EQ(metrics_lines({{"user_data", "up\x1b 3 days\n\nload 1"}}),
            (Texts{R"(User data: up\x1b 3 days)", "User data: ", "User data: load 1"}));
  EXPECT_EQ(metrics_lines({{"user_data", "[1, 2"}}), Texts{"User data: [1, 2"});
  EXPECT_EQ(metrics_lines({{"user_data", std::string(1000, '\n')}}).size(), 20U);
  EXPECT_LT(metrics_lines({{"user_data", std::string(10000, 'x')}})[0].size(), 250U);
}

TEST(MetricsText, SaysWhyUserDataIsNotWhole) {
  EXPECT_EQ(metrics_lines({{"user_data_error", "the command failed: exit status 3"}}),
            Texts{"User data is not whole: the command failed: exit status 3"});
}

TEST(MetricsText, ShowsWhatIsKnownOfTheProcess) {
  ProcessMetrics metrics;
  EXPECT_EQ(metrics_lines(to_metadata(metrics)), Texts());
  metrics.pss = 20480;
  metrics.vm_size = 1 << 20;
  metrics.tracer_memory = 100;
  metrics.gc_counts = {10, 2, 1};
  metrics.gc_collections = {1000, 90, 3};
  metrics.allocated_blocks = 12345;
  metrics.arena_bytes = 1 << 20;
  metrics.fragmentation = 0.125;
  metrics.interned_strings = 4321;
  EXPECT_EQ(metrics_lines(to_metadata(metrics)),
            (Texts{"Proportional share of it (PSS): 20.0 KiB", "Virtual memory: 1024 KiB",
                   "Tracer memory: 100 B", "Allocated blocks: 12,345", "Arenas: 1024 KiB",
                   "Free in arenas: 12.5 %", "Interned strings: 4,321",
                   "Garbage collector's counts: 10, 2, 1", "Garbage collections: 1000, 90, 3"}));
  ProcessMetrics before = metrics;
  before.pss = 10240;
  const Metadata old = to_metadata(before);
  EXPECT_EQ(metrics_lines(to_metadata(metrics), &old)[0],
            "Proportional share of it (PSS): 20.0 KiB (+10.0 KiB)");
}

}  // namespace
}  // namespace tmbpf::test
