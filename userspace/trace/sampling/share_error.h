// SPDX-License-Identifier: Apache-2.0
// What a few blocks that agree leave open: had all ten that were sampled been of one line, a
// quarter of the total could still belong to lines of which none was sampled, but the groups of
// windows, which agree as well, differ by nothing.
#pragma once

#include <array>
#include <cstddef>

#include "userspace/model/replicates.h"

namespace tmbpf {

// How much of a total, at most, belongs to others than those whom so many blocks, sampled
// independently, were seen to belong to, with 95 % confidence (the score interval; Wilson, 1927).
double unseen_share(double blocks);

// Which groups of windows differ upwards (1), and which as much downwards (-1).
using Signs = std::array<int, kReplicates>;
// By chance, the same for a key.
Signs signs_of(std::size_t key);

// Adds an error that has nothing to do with what the groups say, half of the width of the 95 %
// confidence interval, to those that they state. Errors that were added with the same signs add up.
void add_error(Replicates& replicates, double error, const Signs& signs);

}  // namespace tmbpf
