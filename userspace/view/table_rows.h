// SPDX-License-Identifier: Apache-2.0
// The table itself: column titles and one row per statistic.
#pragma once

#include <string>
#include <vector>

#include "userspace/view/table_view.h"

namespace tmbpf {

// Titles first. Location and function share the width that the numbers leave.
std::vector<std::string> row_lines(const TableInput& input);

}  // namespace tmbpf
