// SPDX-License-Identifier: Apache-2.0
// Hash maps of the BPF programs, read in batches.
#pragma once

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "util/error.h"

namespace tmbpf {

using BatchCall = decltype(&bpf_map_lookup_batch);

// Calls each(key, value) for every element that `call` gives (bpf_map_lookup_batch, or
// _and_delete). Keys are of 8 bytes. Throws Error when the map cannot be read.
template <typename Value, typename Each>
void for_each_element(int map_fd, BatchCall call, Each each) {
  constexpr std::uint32_t kBatch = 16384;  // elements read by one system call
  std::vector<std::uint64_t> keys(kBatch);
  std::vector<Value> values(kBatch);
  std::uint64_t cursor = 0;
  bool first = true;
  for (;;) {
    auto count = static_cast<std::uint32_t>(keys.size());
    const int status = call(map_fd, first ? nullptr : &cursor, &cursor, keys.data(), values.data(),
                            &count, nullptr);
    const int error = status < 0 ? errno : 0;
    if (error == ENOSPC && keys.size() < (1U << 24)) {
      keys.resize(keys.size() * 2);  // one bucket holds more than a batch
      values.resize(keys.size());
      continue;
    }
    if (error != 0 && error != ENOENT) {
      throw Error(fmt::format("cannot read the programs' maps: {}", std::strerror(error)));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      each(keys[i], values[i]);
    }
    if (error == ENOENT) {
      return;
    }
    first = false;
  }
}

}  // namespace tmbpf
