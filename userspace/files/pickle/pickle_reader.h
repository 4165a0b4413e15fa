// SPDX-License-Identifier: Apache-2.0
// What Python's tracemalloc.Snapshot.dump() wrote -> Snapshot.
#pragma once

#include <memory>
#include <string_view>

#include "userspace/files/byte_source.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Whether a file that begins with these bytes (16 are enough) is a pickle of a snapshot, as far as
// that can be told.
bool is_pickle(std::string_view first_bytes);

// Reads the snapshots that these write (protocols 0 to 5):
//   tracemalloc of Python 3.4 to 3.15, pytracemalloc 1.0 to 1.4: traces are tuples
//     (size, traceback)                        Python 3.4, 3.5; domain 0
//     (domain, size, traceback)                Python 3.6 to 3.8
//     (domain, size, traceback, total_nframe)  Python 3.9 and later
//   pytracemalloc 0.8 to 0.9.1: see pickle_stats.h
//   write_pickle(): also all that it adds.
// Other attributes of the Snapshot become metadata (see pickle_attributes.h).
//
// For files that nobody vouches for: nothing in the pickle is executed or called, it may name
// nothing but the two classes of tracemalloc (and copyreg._reconstructor and object, by which
// protocols 0 and 1 write instances), and reading takes no more memory than
// memory_budget() of its length. Does not recurse into what is nested. Bytes after the
// pickle's end are not looked at, as Python does.
//
// Adds to `table` even when it throws. Throws Error "cannot read FILE: byte OFFSET: ..." for
// everything else.
Snapshot read_pickle(ByteSource& source,
                     std::shared_ptr<TracebackTable> table = std::make_shared<TracebackTable>());

}  // namespace tmbpf
