// SPDX-License-Identifier: Apache-2.0
// Snapshot -> speedscope's own JSON (https://www.speedscope.app/file-format-schema.json).
//
// Two profiles of type "sampled": "bytes" (unit bytes) and "blocks" (unit none), each with a sample
// for each traceback, frames from the oldest to the most recent, its weight what the traceback
// holds in all domains. shared.frames has name, file and, where known, line; the name is the
// function or, where that is not known, "file:line". Numbers beyond 2^53 are not exact in a
// browser.
#pragma once

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

void write_speedscope(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
