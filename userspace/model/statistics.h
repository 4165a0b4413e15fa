// SPDX-License-Identifier: Apache-2.0
// Snapshots -> sorted statistics, with the results of tracemalloc.Snapshot.statistics() and
// compare_to().
#pragma once

#include <vector>

#include "userspace/model/block_sum.h"
#include "userspace/model/grouping.h"
#include "userspace/model/replicate_sum.h"
#include "userspace/model/snapshot.h"
#include "userspace/model/statistic.h"
#include "userspace/model/statistic_diff.h"

namespace tmbpf {

// All its blocks.
BlockSum total_of(const Snapshot& snapshot);

// Whether some blocks of `snapshot`, or of `old` if there is one, are estimates with errors.
bool has_estimates(const Snapshot& snapshot, const Snapshot* old);

// The replicates of all its estimates; nothing is added where all traces are exact.
ReplicateSum replicate_total_of(const Snapshot& snapshot);

// All blocks of `snapshot` with their errors, each once; with `old` also the differences. The key
// says nothing.
StatisticDiff compare_totals(const Snapshot& snapshot, const Snapshot* old);

// In tracemalloc's order. As there, the most recent frame is the key's (all frames for traceback),
// and total_nframe is ignored. Throws Error (usage) for cumulative with KeyType::traceback.
std::vector<Statistic> statistics(const Snapshot& snapshot, KeyType type,
                                  Cumulative cumulative = Cumulative::no);

// `snapshot` against `old`, which must share its table. Groups of either, the unchanged ones too.
std::vector<StatisticDiff> compare_to(const Snapshot& snapshot, const Snapshot& old, KeyType type,
                                      Cumulative cumulative = Cumulative::no);

}  // namespace tmbpf
