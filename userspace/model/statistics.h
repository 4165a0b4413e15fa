// SPDX-License-Identifier: Apache-2.0
// Snapshot -> sorted statistics, with the results of tracemalloc.Snapshot.statistics().
#pragma once

#include <vector>

#include "userspace/model/snapshot.h"
#include "userspace/model/statistic.h"

namespace tmbpf {

// Sorted by sorts_before(). As in tracemalloc, the most recent frame is the key's (all frames
// for traceback), and total_nframe is ignored. Cumulative: every frame of every trace adds that
// trace's size and count, also when the same line or file occurs twice in one traceback.
// Throws Error (usage) for cumulative with KeyType::traceback, as tracemalloc does.
std::vector<Statistic> statistics(const Snapshot& snapshot, KeyType key_type,
                                  bool cumulative = false);

}  // namespace tmbpf
