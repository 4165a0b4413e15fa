// SPDX-License-Identifier: Apache-2.0
// Statistics for programs: {"statistics": [{"traceback": [["file", line], ...], "size": bytes,
// "count": blocks, "size_diff": bytes, "count_diff": blocks}], "metadata": {...}}. Tracebacks
// oldest frame first; differences only where two snapshots are compared; for KeyType::function also
// "function", for estimates "size_error" and "count_error", and with differences "size_diff_error"
// and "count_diff_error": half of the widths of the 95 % confidence intervals. Lone surrogates of
// file names are escaped as "\udc80".
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "userspace/model/snapshot_metadata.h"
#include "userspace/model/statistic_diff.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf {

struct StatisticsColumns {
  bool differences = false;
  bool errors = false;
};

// Passes the text to `write` in pieces, without a newline at its end.
void write_statistics_json(std::span<const StatisticDiff> rows, const StatisticsColumns& columns,
                           const Metadata& metadata, const TracebackTable& table,
                           const std::function<void(std::string_view)>& write);

}  // namespace tmbpf
