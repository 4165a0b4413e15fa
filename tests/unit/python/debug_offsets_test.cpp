// SPDX-License-Identifier: Apache-2.0
#include "symbols/python/debug_offsets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "symbols/python/layouts/python_3_13.h"
#include "symbols/python/layouts/python_3_14.h"
#include "symbols/python/layouts/python_3_15.h"
#include "tests/unit/python/running_python.h"
#include "util/error.h"

namespace tmbpf {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kPlaces = sizeof(DebugOffsetPlaces) / sizeof(std::uint32_t);

// The block of a real interpreter.
struct RealBlock {
  std::string path;
  PythonVersion version;
  Bytes bytes;

  [[nodiscard]] PythonLayout table() const { return python_layout(version).value(); }
  [[nodiscard]] const DebugOffsetPlaces& places() const {
    return version.minor == 13   ? kDebugOffsets313
           : version.minor == 14 ? kDebugOffsets314
                                 : kDebugOffsets315;
  }
  [[nodiscard]] Bytes with(std::uint32_t place, std::uint64_t value) const {
    Bytes changed = bytes;
    std::memcpy(changed.data() + place, &value, sizeof(value));
    return changed;
  }
  [[nodiscard]] std::uint64_t at(std::uint32_t place) const {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + place, sizeof(value));
    return value;
  }
};

std::vector<RealBlock> find_real_blocks() {
  std::vector<RealBlock> found;
  for (const PythonInterpreter& python : supported_pythons()) {
    const RunningPython running(python, "print('ready', flush=True); input()");
    Bytes bytes(debug_offsets_size(running.version()));
    if (!bytes.empty()) {
      EXPECT_TRUE(running.memory().read(running.runtime(), bytes));
      found.push_back({python.path, running.version(), bytes});
    }
  }
  EXPECT_FALSE(found.empty()) << "no CPython 3.13 or later here";
  return found;
}

const std::vector<RealBlock>& real_blocks() {
  static const std::vector<RealBlock> found = find_real_blocks();
  return found;
}

// What with_debug_offsets says against the bytes; empty when it takes them.
std::string refusal(const RealBlock& block, const Bytes& bytes) {
  try {
    with_debug_offsets(block.table(), block.version, bytes);
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), ExitStatus::target);
    return error.what();
  }
}

TEST(DebugOffsets, versions_before_3_13_have_none) {
  const PythonVersion version{.major = 3, .minor = 12, .micro = 1};
  EXPECT_EQ(debug_offsets_size(version), 0U);
  const PythonLayout table = python_layout(version).value();
  EXPECT_EQ(with_debug_offsets(table, version, {}).offsets.tstate_frame,
            table.offsets.tstate_frame);
}

TEST(DebugOffsets, the_block_of_every_interpreter_here_is_taken_and_agrees_with_its_table) {
  for (const RealBlock& block : real_blocks()) {
    SCOPED_TRACE(block.path);
    const PythonLayout table = block.table();
    const PythonLayout layout = with_debug_offsets(table, block.version, block.bytes);
    EXPECT_EQ(std::memcmp(&layout.offsets, &table.offsets, sizeof(table.offsets)), 0);
    EXPECT_EQ(layout.interp_gil_last_holder, table.interp_gil_last_holder);
    EXPECT_EQ(layout.runtime_interpreters_head, table.runtime_interpreters_head);
  }
}

TEST(DebugOffsets, numbers_that_only_the_block_tells_are_taken_from_it) {
  for (const RealBlock& block : real_blocks()) {
    SCOPED_TRACE(block.path);
    const auto layout = with_debug_offsets(block.table(), block.version,
                                           block.with(block.places().thread_state_thread_id, 160));
    EXPECT_EQ(layout.offsets.tstate_thread_id, 160U);
    const auto moved = with_debug_offsets(block.table(), block.version,
                                          block.with(block.places().interpreter_frame_owner, 79));
    EXPECT_EQ(moved.offsets.frame_owner, 79U);
    EXPECT_EQ(moved.offsets.frame_size, 80U);
  }
}

TEST(DebugOffsets, a_damaged_head_is_refused_with_the_reason) {
  for (const RealBlock& block : real_blocks()) {
    SCOPED_TRACE(block.path);
    EXPECT_NE(refusal(block, block.with(0, 0)).find("cookie"), std::string::npos);
    const std::uint64_t other_micro = block.version.hex() ^ 0x100;
    EXPECT_NE(refusal(block, block.with(block.places().version, other_micro)).find("version"),
              std::string::npos);
    EXPECT_NE(refusal(block, block.with(block.places().free_threaded, 1)).find("free-threaded"),
              std::string::npos);
    EXPECT_NE(refusal(block, Bytes(block.bytes.begin(), block.bytes.end() - 1)).find("bytes"),
              std::string::npos);
    EXPECT_NE(refusal(block, Bytes()).find("bytes"), std::string::npos);
  }
}

TEST(DebugOffsets, another_versions_block_is_refused) {
  for (const RealBlock& block : real_blocks()) {
    for (const int minor : {13, 14, 15}) {
      if (minor == block.version.minor) {
        continue;
      }
      PythonVersion other = block.version;
      other.minor = minor;
      Bytes bytes = block.bytes;
      bytes.resize(std::max(bytes.size(), debug_offsets_size(other)));
      const std::uint64_t hex = other.hex();
      std::memcpy(bytes.data() + 8, &hex, sizeof(hex));
      EXPECT_THROW(with_debug_offsets(python_layout(other).value(), other, bytes), Error)
          << block.path << " as 3." << minor;
    }
  }
}

// Every number of DebugOffsetPlaces behind free_threaded is an offset or a size.
TEST(DebugOffsets, every_number_that_leaves_its_struct_is_refused) {
  for (const RealBlock& block : real_blocks()) {
    SCOPED_TRACE(block.path);
    std::array<std::uint32_t, kPlaces> places{};
    std::memcpy(places.data(), &block.places(), sizeof(places));
    for (std::size_t i = 3; i < kPlaces; ++i) {
      for (const std::uint64_t value :
           {std::uint64_t{1} << 62, std::uint64_t{0} - 8, std::uint64_t{1} << 32}) {
        EXPECT_NE(refusal(block, block.with(places[i], value)), "") << i << ": " << value;
      }
    }
  }
}

TEST(DebugOffsets, a_struct_that_the_table_cannot_describe_is_refused) {
  for (const RealBlock& block : real_blocks()) {
    SCOPED_TRACE(block.path);
    for (const std::uint32_t place :
         {block.places().code_object_linetable, block.places().interpreter_state_next,
          block.places().unicode_object_length,
          block.places().interpreter_state_gil_runtime_state_holder}) {
      EXPECT_NE(refusal(block, block.with(place, block.at(place) + 8)), "") << place;
    }
    EXPECT_NE(refusal(block, block.with(block.places().thread_state_next, 12)), "");
  }
}

}  // namespace
}  // namespace tmbpf
