// SPDX-License-Identifier: Apache-2.0
// Snapshots that are different for each seed and the same each time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "userspace/model/snapshot.h"

namespace tmbpf::test {

// Small value ranges on purpose: equal sizes and counts, recursion, one line in two functions,
// tracebacks that differ in total_nframe only. File names of every kind that Python knows:
// ASCII, non-ASCII, beyond the BMP, with lone surrogates, with spaces, empty.
Snapshot random_snapshot(std::uint32_t seed);

// The same, where traces may also have weights, times and addresses, and there is metadata.
Snapshot random_rich_snapshot(std::uint32_t seed);

// Two that share a table: new and old. Some traces are exact, the others have replicates around
// their weights, 0 among them.
std::pair<Snapshot, Snapshot> random_estimates(std::uint32_t seed);

// Two smaller ones that share a table and most tracebacks: new and old. `source`: a file name among
// theirs.
std::pair<Snapshot, Snapshot> random_snapshots(std::uint32_t seed, const std::string& source);

}  // namespace tmbpf::test
