// SPDX-License-Identifier: Apache-2.0
// A gzip'd pprof profile -> Snapshot.
#pragma once

#include <memory>
#include <string_view>

#include "userspace/files/byte_source.h"
#include "userspace/files/read_scope.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Whether a file that begins with these bytes is gzip'd.
bool is_gzip(std::string_view first_bytes);

// Reads what write_pprof() writes (see there), all of it: written again it gives the same bytes.
// Also other tools' profiles with the sample types inuse_space/bytes and inuse_objects/count (Go,
// jemalloc, memray's and others' exports): a sample without a `size` label is split into blocks of
// equal size, a location without lines has no frames.
//
// For files that nobody vouches for: takes no more memory than memory_budget() of the file. Adds to
// `table` even when it throws. Throws Error naming the file, the place and what was expected.
Snapshot read_pprof(ByteSource& source,
                    std::shared_ptr<TracebackTable> table = std::make_shared<TracebackTable>(),
                    const ReadScope& scope = {});

}  // namespace tmbpf
