// SPDX-License-Identifier: Apache-2.0
// Traces by the addresses of their blocks.
#pragma once

#include <cstdint>

#include "userspace/model/snapshot.h"

namespace tmbpf {

// The traces of the blocks that hold `address`, at their beginning or within, on the same table,
// with the metadata; none whose address is not known.
Snapshot filter_by_address(const Snapshot& snapshot, std::uint64_t address);

}  // namespace tmbpf
