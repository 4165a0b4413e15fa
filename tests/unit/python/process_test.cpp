// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>

#include "symbols/heap/block_set.h"
#include "symbols/process/process_identity.h"
#include "symbols/process/process_maps.h"
#include "symbols/process/process_memory.h"
#include "util/error.h"

namespace tmbpf {
namespace {

TEST(ProcessMaps, paths_with_spaces_and_lines_that_do_not_parse) {
  std::istringstream text(
      "00400000-0041f000 r--p 00000000 fe:00 12345   /usr/bin/my python (deleted)\n"
      "broken line\n"
      "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n"
      "7f0000000000-7f0000001000 rwxp 00001000 00:00 0 \n");
  const auto maps = parse_maps(text);
  ASSERT_EQ(maps.size(), 3U);
  EXPECT_EQ(maps[0].path, "/usr/bin/my python (deleted)");
  EXPECT_EQ(maps[0].start, 0x400000U);
  EXPECT_EQ(maps[0].inode, 12345U);
  EXPECT_FALSE(maps[0].writable);
  EXPECT_EQ(maps[1].path, "[stack]");
  EXPECT_TRUE(maps[2].executable);
  EXPECT_EQ(maps[2].offset, 0x1000U);
}

TEST(ProcessMaps, a_process_that_is_gone_is_an_error_of_the_target) {
  try {
    read_maps(0x3fffffff);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), ExitStatus::target);
  }
}

TEST(ProcessMemory, reads_what_is_there_and_refuses_what_is_not) {
  const std::array<std::uint32_t, 2> values{7, 9};
  const ProcessMemory memory(::getpid());
  const auto address = reinterpret_cast<std::uint64_t>(values.data());
  EXPECT_EQ(memory.read<std::uint32_t>(address + 4), 9U);
  EXPECT_EQ(memory.read<std::uint32_t>(8), std::nullopt);
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::array<std::byte, 32> across{};
  EXPECT_FALSE(memory.read(reinterpret_cast<std::uint64_t>(page) + 4096 - 16, across) &&
               memory.read(reinterpret_cast<std::uint64_t>(page) + (1ULL << 46), across));
  ::munmap(page, 4096);
}

TEST(ProcessIdentity, a_child_that_ended_is_no_longer_the_same_process) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const ProcessIdentity identity = identify_process(child);
  EXPECT_EQ(identity.pid, child);
  EXPECT_TRUE(still_runs(identity));
  ProcessIdentity reused = identity;
  reused.start_time += 1;
  EXPECT_FALSE(still_runs(reused));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(still_runs(identity));
  EXPECT_THROW(identify_process(child), Error);
}

TEST(BlockSet, holds_exactly_what_was_inserted) {
  BlockSet blocks;
  const std::array<std::uint64_t, 4> addresses{0x10, 0x7f0000000030, 0x7f00000ffff0,
                                               0x7f0000100000};
  for (const auto address : addresses) {
    blocks.insert(address);
    blocks.insert(address);
  }
  EXPECT_EQ(blocks.size(), addresses.size());
  EXPECT_FALSE(blocks.contains(0x20));
  std::size_t visited = 0;
  blocks.for_each([&](std::uint64_t address) {
    EXPECT_TRUE(blocks.contains(address));
    visited += std::find(addresses.begin(), addresses.end(), address) != addresses.end() ? 1 : 0;
  });
  EXPECT_EQ(visited, addresses.size());
}

}  // namespace
}  // namespace tmbpf
