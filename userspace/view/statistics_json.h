// SPDX-License-Identifier: Apache-2.0
// Statistics for programs: {"statistics": [{"traceback": [["file", line], ...], "size": bytes,
// "count": blocks, "size_diff": bytes, "count_diff": blocks}], "metadata": {...}}. Tracebacks
// oldest frame first; differences only where two snapshots are compared; for KeyType::function also
// "function". Lone surrogates of file names are escaped as "\udc80".
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "userspace/model/snapshot_metadata.h"
#include "userspace/model/statistic_diff.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf {

// Passes the text to `write` in pieces, without a newline at its end.
void write_statistics_json(std::span<const StatisticDiff> rows, bool compared,
                           const Metadata& metadata, const TracebackTable& table,
                           const std::function<void(std::string_view)>& write);

}  // namespace tmbpf
