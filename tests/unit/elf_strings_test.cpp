// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/elf_strings.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "symbols/elf/elf_image.h"
#include "tests/unit/planner/file_bytes.h"
#include "tests/unit/util_scratch_directory.h"

namespace tmbpf::test {
namespace {

// A file with one string table, which is all that is looked at.
std::string file_with(const std::string& strings, std::uint64_t claimed_size) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_shoff = sizeof(header);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 1;
  Elf64_Shdr table{};
  table.sh_type = SHT_STRTAB;
  table.sh_offset = sizeof(header) + sizeof(table);
  table.sh_size = claimed_size;
  std::string file(reinterpret_cast<const char*>(&header), sizeof(header));
  file.append(reinterpret_cast<const char*>(&table), sizeof(table));
  return file + strings;
}

class ElfStringsTest : public ::testing::Test {
 protected:
  bool mentions(const std::string& bytes, const char* name) {
    write_file(directory_.path("file"), bytes);
    return elf_mentions(directory_.path("file"), name);
  }

  ScratchDirectory directory_;
};

TEST_F(ElfStringsTest, a_name_of_this_program_is_found_and_others_are_not) {
  EXPECT_TRUE(elf_mentions("/proc/self/exe", "main"));
  EXPECT_FALSE(elf_mentions("/proc/self/exe",
                            "_PyRun"
                            "time_of_nobody"));
}

TEST_F(ElfStringsTest, a_name_must_end_there) {
  const std::string strings("\0abc_def\0", 9);
  const std::string file = file_with(strings, strings.size());
  EXPECT_TRUE(mentions(file, "abc_def"));
  EXPECT_TRUE(mentions(file, "def"));
  EXPECT_FALSE(mentions(file, "abc"));
}

TEST_F(ElfStringsTest, a_name_across_two_chunks_is_found) {
  for (const std::size_t before : {(1U << 20U) - 10, (1U << 20U) - 1, 1U << 20U}) {
    const std::string strings = std::string(before, 'x') + "the_name" + std::string(5, '\0');
    EXPECT_TRUE(mentions(file_with(strings, strings.size()), "the_name")) << before;
  }
}

TEST_F(ElfStringsTest, files_that_lie_or_are_no_elf_files_mention_nothing) {
  const std::string strings("\0abc\0", 5);
  EXPECT_FALSE(mentions("", "abc"));
  EXPECT_FALSE(mentions("#!/bin/sh\nabc", "abc"));
  EXPECT_FALSE(mentions(file_with("", 1U << 30U), "abc"));
  EXPECT_FALSE(mentions(file_with(strings, ~0ULL), "abc"));
  EXPECT_FALSE(mentions(file_with(strings, strings.size()).substr(0, 100), "abc"));
  EXPECT_FALSE(elf_mentions(directory_.path("missing"), "abc"));
}

}  // namespace
}  // namespace tmbpf::test
