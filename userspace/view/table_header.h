// SPDX-License-Identifier: Apache-2.0
// The block of totals above the table.
#pragma once

#include <string>
#include <vector>

#include "userspace/view/table_view.h"

namespace tmbpf {

// Wrapped between the totals where `width` is too narrow. A single longer text stays as it is.
std::vector<std::string> header_lines(const TableTotals& totals, std::size_t width);

}  // namespace tmbpf
