// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/elf_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/planner/file_bytes.h"
#include "tests/unit/planner/interpreters.h"
#include "util/error.h"

namespace tmbpf::test {
namespace {

namespace fs = std::filesystem;

class ElfImageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    interpreters_ = find_interpreters();
    ASSERT_FALSE(interpreters_.empty()) << "no CPython on this machine";
    std::string pattern = (fs::temp_directory_path() / "tmbpf-elf-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  [[nodiscard]] fs::path scratch() const { return directory_ / "image"; }
  void write(const std::vector<char>& bytes) const { write_bytes(scratch(), bytes); }
  // Uses everything that an image offers; must neither crash nor hang, whatever the file says.
  static void use(const fs::path& path) {
    try {
      const ElfImage image = ElfImage::open(path.string());
      const std::size_t size = fs::file_size(path);
      for (const FunctionRange& function : image.functions()) {
        ASSERT_LE(function.start, function.end);
        ASSERT_LT(image.file_offset(function.start).value_or(0), size);
        ASSERT_LE(image.bytes_at(function.start, 64).size(), 64U);
        ASSERT_NE(image.plt_target(function.start), "");
      }
      for (const ElfSection& section : image.sections()) {
        ASSERT_LE(image.bytes_at(section.vaddr, size * 2).size(), size);
        const auto vaddr = image.vaddr_of_offset(section.offset);
        ASSERT_TRUE(!vaddr || section.offset < size);
      }
    } catch (const Error& error) {
      ASSERT_NE(std::string(error.what()), "");
    }
  }

  std::vector<Interpreter> interpreters_;
  fs::path directory_;
};

TEST_F(ElfImageTest, FunctionsAreSortedDisjointAndInsideTheCode) {
  for (const Interpreter& interpreter : interpreters_) {
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    ASSERT_GT(image.functions().size(), 1000U);
    std::uint64_t end = 0;
    for (const FunctionRange& function : image.functions()) {
      ASSERT_GE(function.start, end);
      ASSERT_GT(function.end, function.start);
      ASSERT_TRUE(image.file_offset(function.start).has_value());
      end = function.end;
    }
    const auto malloc_function = image.symbol("PyObject_Malloc");
    ASSERT_TRUE(malloc_function.has_value());
    EXPECT_TRUE(std::any_of(
        image.functions().begin(), image.functions().end(),
        [&](const FunctionRange& function) { return function.start == *malloc_function; }));
  }
}

TEST_F(ElfImageTest, OffsetsAndAddressesMapToEachOther) {
  for (const Interpreter& interpreter : interpreters_) {
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    const std::vector<char> file = read_bytes(interpreter.image);
    for (const FunctionRange& function : image.functions()) {
      const auto offset = image.file_offset(function.start);
      ASSERT_TRUE(offset.has_value());
      ASSERT_EQ(image.vaddr_of_offset(*offset), function.start);
      const auto bytes = image.bytes_at(function.start, 4);
      ASSERT_EQ(bytes.size(), 4U);
      ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(),
                             file.begin() + static_cast<std::ptrdiff_t>(*offset),
                             [](std::byte a, char b) { return a == static_cast<std::byte>(b); }));
    }
  }
}

TEST_F(ElfImageTest, SaysWhatTheFileIs) {
  for (const Interpreter& interpreter : interpreters_) {
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    EXPECT_EQ(image.path(), interpreter.image.string());
    EXPECT_EQ(image.build_id().size(), 40U);
    EXPECT_EQ(image.build_id().find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(image.position_independent(), !image.relative_relocations().empty());
    EXPECT_FALSE(image.symbol("no_such_symbol_anywhere").has_value());
    const auto text =
        std::find_if(image.sections().begin(), image.sections().end(),
                     [](const ElfSection& section) { return section.name == ".text"; });
    ASSERT_NE(text, image.sections().end());
    EXPECT_TRUE(text->executable && text->has_bits && !text->writable && !text->relro);
  }
}

TEST_F(ElfImageTest, NamesWhatAStubJumpsTo) {
  for (const Interpreter& interpreter : interpreters_) {
    SCOPED_TRACE(name_of(interpreter));
    const ElfImage image = ElfImage::open(interpreter.image.string());
    std::size_t mallocs = 0;
    for (const ElfSection& section : image.sections()) {
      for (std::uint64_t at = 0; section.name.starts_with(".plt") && at < section.size; at += 8) {
        mallocs += image.plt_target(section.vaddr + at) == "malloc" ? 1 : 0;
      }
    }
    EXPECT_EQ(mallocs, 1U);
  }
}

TEST_F(ElfImageTest, AnswersNothingOutsideTheFile) {
  const ElfImage image = ElfImage::open(interpreters_.front().image.string());
  for (const std::uint64_t vaddr : {std::uint64_t{8}, UINT64_MAX, UINT64_MAX - 4096}) {
    if (!image.file_offset(vaddr)) {
      EXPECT_TRUE(image.bytes_at(vaddr, 16).empty());
      EXPECT_FALSE(image.plt_target(vaddr).has_value());
    }
  }
  EXPECT_FALSE(image.file_offset(UINT64_MAX).has_value());
  EXPECT_FALSE(image.vaddr_of_offset(UINT64_MAX).has_value());
}

TEST_F(ElfImageTest, RefusesWhatIsNoX86Image) {
  EXPECT_THROW(ElfImage::open((directory_ / "absent").string()), Error);
  EXPECT_THROW(ElfImage::open(directory_.string()), Error);
  write({});
  EXPECT_THROW(ElfImage::open(scratch().string()), Error);
  write({'#', '!', '/', 'b', 'i', 'n'});
  EXPECT_THROW(ElfImage::open(scratch().string()), Error);
  std::vector<char> bytes = read_bytes("/proc/self/exe");
  bytes[18] = 0x28;  // e_machine: EM_ARM
  write(bytes);
  EXPECT_THROW(ElfImage::open(scratch().string()), Error);
}

TEST_F(ElfImageTest, SurvivesTruncatedFiles) {
  const std::vector<char> whole = read_bytes(interpreters_.front().image);
  for (std::size_t size = 1; size < whole.size(); size = size * 2 + 13) {
    SCOPED_TRACE(size);
    write({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    use(scratch());
  }
}

TEST_F(ElfImageTest, SurvivesDamagedHeaders) {
  const std::vector<char> whole = read_bytes("/proc/self/exe");
  std::mt19937 random(311);
  const std::size_t sections = whole.size() - std::min<std::size_t>(whole.size(), 4096);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    std::vector<char> bytes = whole;
    for (int i = 0; i < 12; ++i) {
      const std::size_t start = i % 2 == 0 ? 16 : sections;
      bytes[start + random() % 2048] = static_cast<char>(random());
    }
    write(bytes);
    use(scratch());
  }
}

}  // namespace
}  // namespace tmbpf::test
