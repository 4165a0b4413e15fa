// SPDX-License-Identifier: Apache-2.0
// What a live view shows, in words.
#pragma once

#include <string>

#include "userspace/model/statistic_diff.h"
#include "userspace/view/live/view_choice.h"

namespace tmbpf {

// "filter *shop* leaves 1.2 MiB in 1,000 blocks | by line, cumulative | sorted by size". Not made
// safe for a terminal. `total`: of what the filter leaves.
std::string choice_text(const ViewChoice& choice, const StatisticDiff& total);

}  // namespace tmbpf
