// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/traces_map.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "util/error.h"

namespace tmbpf {

namespace {

constexpr std::uint32_t kBatch = 16384;  // blocks read by one system call

}  // namespace

std::vector<LiveBlock> read_traces(int map_fd) {
  std::vector<LiveBlock> blocks;
  std::vector<std::uint64_t> keys(kBatch);
  std::vector<tmbpf_trace> values(kBatch);
  std::uint64_t cursor = 0;
  bool first = true;
  for (;;) {
    auto count = static_cast<std::uint32_t>(keys.size());
    const int status = bpf_map_lookup_batch(map_fd, first ? nullptr : &cursor, &cursor, keys.data(),
                                            values.data(), &count, nullptr);
    const int error = status < 0 ? errno : 0;
    if (error == ENOSPC && keys.size() < (1U << 24)) {
      keys.resize(keys.size() * 2);  // one bucket holds more than a batch
      values.resize(keys.size());
      continue;
    }
    if (error != 0 && error != ENOENT) {
      throw Error(fmt::format("cannot read the live blocks: {}", std::strerror(error)));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      blocks.push_back({.address = keys[i] & TMBPF_ADDRESS_MASK,
                        .domain = static_cast<std::uint16_t>(keys[i] >> TMBPF_DOMAIN_SHIFT),
                        .trace = values[i]});
    }
    if (error == ENOENT) {
      return blocks;
    }
    first = false;
  }
}

bool has_trace(int map_fd, std::uint64_t address) {
  tmbpf_trace trace{};
  return bpf_map_lookup_elem(map_fd, &address, &trace) == 0;
}

}  // namespace tmbpf
