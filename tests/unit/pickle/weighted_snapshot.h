// SPDX-License-Identifier: Apache-2.0
// A snapshot that has all that a pickle must keep besides tracemalloc's own.
#pragma once

#include "userspace/model/snapshot.h"

namespace tmbpf::test {

// random_snapshot(seed) with metadata, and with some traces given weights and times.
Snapshot weighted_snapshot(std::uint32_t seed);

}  // namespace tmbpf::test
