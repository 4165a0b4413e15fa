// SPDX-License-Identifier: Apache-2.0
// Snapshot -> collapsed stacks: what flamegraph.pl, inferno, speedscope and others open.
//
// A line for each stack: its frames from the oldest to the most recent with ';' between, a blank,
// the value. A frame is "function (file:line)", or "file:line" when the function is not known. As
// the format has no escapes, ';' in a name becomes ':', and what no line can hold U+FFFD
// (frame_text.h). Tracebacks that look the same then are one line with their sum; so are domains.
// Lines are sorted by their frames, the oldest first. UTF-8.
#pragma once

#include <cstdint>

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

enum class FoldedValue : std::uint8_t { bytes, blocks };

void write_folded(const Snapshot& snapshot, ByteSink& sink, FoldedValue value);

}  // namespace tmbpf
