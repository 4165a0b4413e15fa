// SPDX-License-Identifier: Apache-2.0
// The snapshots of pytracemalloc 0.8 to 0.9.1 (Snapshot.write() of its tracemalloc.py): a dict
//   {'format_version': 1, 'timestamp': str, 'pid': int,
//    'stats': {filename: {line number or None: (size, count)}}
//    [, 'process_memory': int] [, 'user_data': [(title, format, value), ...]]}
#pragma once

#include "userspace/files/pickle/pickle_heap.h"
#include "userspace/files/pickle/pickle_input.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// A group of C blocks of S bytes together becomes traces whose weights sum to C and whose sizes
// to S: S % C blocks of S / C + 1 bytes, the rest of S / C. A line that is None becomes 0, a file
// that is None "<unknown>". All but format_version and stats becomes metadata under its own key,
// what is no int, float or str as JSON text (see pickle_attributes.h). Throws Error.
void add_pickled_stats(const PickleHeap& heap, const PickleInput& input, PickleValue dict,
                       Snapshot& snapshot);

}  // namespace tmbpf
