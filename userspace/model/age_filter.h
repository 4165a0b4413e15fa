// SPDX-License-Identifier: Apache-2.0
// Traces by how old their blocks were when the snapshot was taken.
#pragma once

#include <optional>

#include "userspace/model/snapshot.h"

namespace tmbpf {

// Whether any trace has a time.
bool has_times(const Snapshot& snapshot);

// Traces at least `older` and at most `newer` seconds old at `now` (Unix seconds), in their order,
// on the same table, with the metadata; none whose time is not known.
Snapshot filter_by_age(const Snapshot& snapshot, double now, std::optional<double> older,
                       std::optional<double> newer);

}  // namespace tmbpf
