// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

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

TEST(MetricsText, PassesOverUserDataOfAnotherForm) {
  for (const char* data : {"", "1", "null", "[1]", "[[]]", R"([["A","size"]])", R"({"$tuple":1})",
                           R"([[1,"size",2]])", R"({"A":["B","size",1]})", "[", R"("A")"}) {
    EXPECT_EQ(metrics_lines({{"user_data", data}}), Texts()) << data;
  }
  EXPECT_EQ(metrics_lines({{"user_data", R"([["A\u001b","size","\u001b"]])"}}).size(), 1U);
  EXPECT_EQ(metrics_lines({{"user_data", R"([["A\u001b","size","\u001b"]])"}})[0].find('\x1b'),
            std::string::npos);
}

}  // namespace
}  // namespace tmbpf::test
