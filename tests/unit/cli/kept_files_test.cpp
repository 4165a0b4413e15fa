// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/kept_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "tests/unit/util_scratch_directory.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

using Names = std::set<std::string>;

class KeptFilesTest : public testing::Test {
 protected:
  [[nodiscard]] std::string write(const std::string& name, std::size_t size = 100) const {
    write_file(directory_.path(name), std::string(size, 'x'));
    return directory_.path(name);
  }

  [[nodiscard]] Names names() const {
    Names names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path(""))) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  ScratchDirectory directory_;
};

TEST_F(KeptFilesTest, without_limits_all_stay) {
  KeptFiles kept(0, 0);
  for (const char* name : {"a", "b", "c"}) {
    kept.add(write(name));
  }
  EXPECT_EQ(names(), (Names{"a", "b", "c"}));
  EXPECT_EQ(kept.deleted(), 0U);
}

TEST_F(KeptFilesTest, the_oldest_beyond_a_number_goes) {
  KeptFiles kept(2, 0);
  for (const char* name : {"c", "b", "a"}) {
    kept.add(write(name));
  }
  EXPECT_EQ(names(), (Names{"a", "b"}));
  EXPECT_EQ(kept.deleted(), 1U);
}

TEST_F(KeptFilesTest, as_many_of_the_oldest_go_as_the_size_demands) {
  KeptFiles kept(0, 350);
  for (const char* name : {"a", "b", "c"}) {
    kept.add(write(name));
  }
  EXPECT_EQ(names(), (Names{"a", "b", "c"}));
  kept.add(write("d", 200));
  EXPECT_EQ(names(), (Names{"c", "d"}));
  kept.add(write("e", 350));
  EXPECT_EQ(names(), Names{"e"});
  EXPECT_EQ(kept.bytes(), 350U);
}

TEST_F(KeptFilesTest, a_file_that_alone_is_too_large_goes_and_the_others_stay) {
  KeptFiles kept(0, 350);
  kept.add(write("a"));
  EXPECT_THROW(kept.add(write("b", 351)), Error);
  EXPECT_EQ(names(), Names{"a"});
  EXPECT_EQ(kept.bytes(), 100U);
}

TEST_F(KeptFilesTest, files_of_others_stay) {
  write_file(directory_.path("other"), "x");
  KeptFiles kept(1, 0);
  kept.add(write("a"));
  // Somebody put another file in its place.
  write_file(directory_.path("new"), "precious");
  std::filesystem::rename(directory_.path("new"), directory_.path("a"));
  kept.add(write("b"));
  EXPECT_EQ(names(), (Names{"a", "b", "other"}));
  EXPECT_EQ(kept.deleted(), 0U);
}

TEST_F(KeptFilesTest, a_file_that_is_gone_is_no_trouble) {
  KeptFiles kept(1, 0);
  std::filesystem::remove((kept.add(write("a")), directory_.path("a")));
  kept.add(write("b"));
  EXPECT_EQ(names(), Names{"b"});
}

TEST_F(KeptFilesTest, a_name_that_is_written_again_counts_once) {
  KeptFiles kept(2, 250);
  for (int i = 0; i < 5; ++i) {
    std::filesystem::remove(directory_.path("a"));
    kept.add(write("a"));
  }
  kept.add(write("b"));
  EXPECT_EQ(names(), (Names{"a", "b"}));
  EXPECT_EQ(kept.bytes(), 200U);
}

TEST_F(KeptFilesTest, what_cannot_be_deleted_is_told_and_tried_again) {
  KeptFiles kept(1, 0);
  std::filesystem::create_directory(directory_.path("d"));
  kept.add(directory_.path("d"));  // unlink(2) refuses it
  EXPECT_THROW(kept.add(write("a")), Error);
  EXPECT_THROW(kept.add(write("b")), Error);
  std::filesystem::remove(directory_.path("d"));
  kept.add(write("c"));
  EXPECT_EQ(names(), Names{"c"});
}

}  // namespace
}  // namespace tmbpf::test
