// SPDX-License-Identifier: Apache-2.0
// What an estimated weight would have been had a part of the sample been left out, which is what
// the errors of sums are computed from (the delete-a-group jackknife, see estimate_error.h).
#pragma once

#include <array>
#include <cstddef>

namespace tmbpf {

// Groups into which a sampler splits its windows, the same for all traces of a session.
inline constexpr std::size_t kReplicates = 20;

// By group: blocks that the trace would stand for without the windows of that group, 0 where it
// would not be there. Finite, not negative.
using Replicates = std::array<float, kReplicates>;

}  // namespace tmbpf
