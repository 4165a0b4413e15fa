// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "userspace/view/coverage_notes.h"

namespace tmbpf::test {
namespace {

using Notes = std::vector<std::string>;

TEST(CoverageNotes, SayNothingWhenThereIsNothingToSay) {
  EXPECT_EQ(coverage_notes({.attributed = 10, .classes = {{.block_size = 32, .attributed = 10}}}),
            Notes{});
}

TEST(CoverageNotes, NameTheLargestSizeClassesFromBeforeTheAttach) {
  const Coverage coverage{.before = 11230,
                          .classes = {{.block_size = 16, .before = 100},
                                      {.block_size = 32, .before = 1000},
                                      {.block_size = 64, .before = 10000},
                                      {.block_size = 80, .attributed = 9},
                                      {.block_size = 512, .before = 130}}};
  EXPECT_EQ(coverage_notes(coverage),
            Notes{"11,230 blocks (723 KiB) from before the attach, most of 64, 512, 32 B"});
}

TEST(CoverageNotes, LeaveOutSizeClassesWithoutBlocks) {
  const Coverage coverage{
      .before = 1,
      .classes = {{.block_size = 16, .before = 1}, {.block_size = 32, .attributed = 5}}};
  EXPECT_EQ(coverage_notes(coverage), Notes{"1 block (16 B) from before the attach, most of 16 B"});
}

TEST(CoverageNotes, GiveTheCausesOfWhatIsMissing) {
  const Coverage coverage{.missing = 12,
                          .extra = 1,
                          .unsettled_pools = 3,
                          .classes = {{.block_size = 96, .missing = 12}},
                          .causes = {{"blocks not recorded: too many threads", "pending", 3},
                                     {"blocks that no probe saw", "not_seen", 9}}};
  EXPECT_EQ(coverage_notes(coverage),
            (Notes{"12 blocks (1152 B) missing, most of 96 B",
                   "at most 3 of them: blocks not recorded: too many threads",
                   "at least 9 of them: blocks that no probe saw",
                   "1 trace of blocks that the heap no longer holds",
                   "3 pools of the heap changed too fast to be judged"}));
}

}  // namespace
}  // namespace tmbpf::test
