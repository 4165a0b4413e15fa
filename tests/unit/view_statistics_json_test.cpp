// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "userspace/view/statistics_json.h"

namespace tmbpf::test {
namespace {

class StatisticsJson : public testing::Test {
 protected:
  [[nodiscard]] std::string text(const StatisticsColumns& columns) const {
    std::string text;
    write_statistics_json(rows_, columns, {}, table_,
                          [&text](std::string_view piece) { text += piece; });
    return text;
  }

  TracebackTable table_;
  const std::array<StatisticDiff, 1> rows_{
      {{.key = {.frame = {.filename = table_.add_string("a.py"), .lineno = 1}},
        .size = 1000,
        .count = 10,
        .size_diff = -5,
        .count_diff = -1,
        .size_error = 100,
        .count_error = 2,
        .size_diff_error = 90,
        .count_diff_error = 3}}};
};

TEST_F(StatisticsJson, OfExactSnapshotsHasTracemallocsNumbersAlone) {
  EXPECT_EQ(text({}),
            R"({"statistics": [{"traceback": [["a.py", 1]], "size": 1000, "count": 10}], )"
            R"("metadata": {}})");
  EXPECT_EQ(text({.differences = true}),
            R"({"statistics": [{"traceback": [["a.py", 1]], "size": 1000, "count": 10, )"
            R"("size_diff": -5, "count_diff": -1}], "metadata": {}})");
}

TEST_F(StatisticsJson, OfEstimatesHasTheirErrors) {
  EXPECT_EQ(text({.errors = true}),
            R"({"statistics": [{"traceback": [["a.py", 1]], "size": 1000, "count": 10, )"
            R"("size_error": 100, "count_error": 2}], "metadata": {}})");
  EXPECT_EQ(text({.differences = true, .errors = true}),
            R"({"statistics": [{"traceback": [["a.py", 1]], "size": 1000, "count": 10, )"
            R"("size_error": 100, "count_error": 2, "size_diff": -5, "count_diff": -1, )"
            R"("size_diff_error": 90, "count_diff_error": 3}], "metadata": {}})");
}

}  // namespace
}  // namespace tmbpf::test
