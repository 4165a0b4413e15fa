// SPDX-License-Identifier: Apache-2.0
// What stands for the kernel in the host test build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

namespace tmbpf {

struct HostMap {
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t max_entries = 0;
  bool is_array = false;
  std::map<std::vector<unsigned char>, std::vector<unsigned char>> values;
};

struct HostState {
  // Fills the span from the recorded address; false as a page fault would be.
  std::function<bool(std::uint64_t, std::span<std::byte>)> memory;
  std::map<const void*, HostMap> maps;
  std::vector<std::vector<std::byte>> events;  // of the ring buffer
  int wake_ups = 0;                            // that they may have brought
  std::uint64_t fs_base = 0;
  std::uint64_t thread = 1;  // pid_tgid
  std::uint64_t ktime = 0;   // nanoseconds
  std::uint64_t run_delay = 0;
  bool ring_full = false;
};

// The C helpers have no context argument, so there is one per process.
HostState& host_state();

}  // namespace tmbpf
