// SPDX-License-Identifier: Apache-2.0
// What the head of a report says about a snapshot as a whole.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/model/snapshot.h"

namespace tmbpf {

// Sentences for people about what the snapshot does not hold, from its metadata: losses, allocators
// that were not seen, coverage. Any bytes.
std::vector<std::string> snapshot_notes(const Metadata& metadata);

// An object. Always: name, limit (frames per traceback), size, count, truncated (bytes of
// tracebacks whose oldest frames are cut), notes, metadata (pairs of key and value as text). Where
// known: pid, command, python, mode, state, time, elapsed, peak, rss, coverage (see
// SnapshotMetadata).
nlohmann::json snapshot_summary(const Snapshot& snapshot, std::string_view name, std::size_t width);

}  // namespace tmbpf
