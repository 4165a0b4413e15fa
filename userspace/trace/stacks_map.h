// SPDX-License-Identifier: Apache-2.0
// The ids of stacks as the BPF programs give them out.
#pragma once

#include <cstdint>
#include <unordered_set>

namespace tmbpf {

// At their next sight these stacks get other ids, and are described again. Throws Error when the
// map cannot be read.
void forget_stacks(int map_fd, const std::unordered_set<std::uint64_t>& ids);

}  // namespace tmbpf
