// SPDX-License-Identifier: Apache-2.0
// The groups that a live view lists, sorted.
#pragma once

#include <vector>

#include "userspace/model/statistic_diff.h"

namespace tmbpf {

struct LiveGroups {
  std::vector<StatisticDiff> rows;
  StatisticDiff total;     // of the blocks that the filter leaves, each once; its key says nothing
  bool compared = false;   // the differences say something
  bool estimated = false;  // the errors say something
  double compared_to = 0;  // Unix seconds: when the other snapshot was taken
};

}  // namespace tmbpf
