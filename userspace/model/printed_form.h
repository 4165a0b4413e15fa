// SPDX-License-Identifier: Apache-2.0
// str() and repr() of tracemalloc's classes, and Traceback.format(), as CPython's
// Lib/tracemalloc.py (3.9 to 3.14) prints them. Text may hold any character of the target's file
// names, so it is unsuited to a terminal if the target is not trusted; repr_of() escapes what
// Python's repr() does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/model/snapshot.h"
#include "userspace/model/source_reader.h"
#include "userspace/model/statistic.h"
#include "userspace/model/statistic_diff.h"

namespace tmbpf {

// "app.py:3".
std::string to_string(const Frame& frame, const TracebackTable& table);
// The oldest frame.
std::string to_string(const Traceback& traceback, const TracebackTable& table);
// "app.py:3: 512 B".
std::string to_string(const Trace& trace, const TracebackTable& table);
// "app.py:3: size=12.0 KiB, count=2, average=6144 B", with the oldest frame. For
// KeyType::function the place is "app.py:name". Estimates have their errors behind them:
// "app.py:3: size=12.0 KiB +-3000 B, count=2 +-1, average=6144 B".
std::string to_string(const Statistic& statistic, const TracebackTable& table);
// "app.py:3: size=12.0 KiB (+1024 B), count=2 (+1), average=6144 B"; of estimates
// "app.py:3: size=12.0 KiB +-3000 B (+1024 B +-900 B), count=2 +-1 (+1 +-1), average=6144 B".
std::string to_string(const StatisticDiff& diff, const TracebackTable& table);

// "<Frame filename='app.py' lineno=3>".
std::string repr_of(const Frame& frame, const TracebackTable& table);
// "<Traceback (<Frame ...>,) total_nframe=1>", oldest frame first.
std::string repr_of(const Traceback& traceback, const TracebackTable& table);
// "<Trace domain=0 size=512 B, traceback=<Traceback ...>>".
std::string repr_of(const Trace& trace, const TracebackTable& table);
// "<Statistic traceback=<Traceback (...)> size=1024 count=2>".
std::string repr_of(const Statistic& statistic, const TracebackTable& table);
// "<StatisticDiff traceback=<Traceback (...)> size=1024 (+512) count=2 (+1)>".
std::string repr_of(const StatisticDiff& diff, const TracebackTable& table);

// Traceback.format(): `  File "app.py", line 3` and, where it can be read and is not blank, the
// stripped line below, indented by 4. Oldest frame first, unless `most_recent_first`. `limit` above
// 0: only so many most recent frames; below 0: without that many most recent; 0: none; nothing:
// all.
std::vector<std::string> format_frames(std::span<const Frame> oldest_first,
                                       const TracebackTable& table, const SourceReader& source,
                                       std::optional<std::int64_t> limit = std::nullopt,
                                       bool most_recent_first = false);

}  // namespace tmbpf
