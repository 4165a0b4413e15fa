// SPDX-License-Identifier: Apache-2.0
// Snapshot -> what Python's tracemalloc.Snapshot.load() reads (3.9 and later).
#pragma once

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// Protocol 4, the objects that Snapshot.dump() writes: a tracemalloc.Snapshot whose traces are
// tuples (domain, size, ((filename, lineno), ...), total_nframe), most recent frame first.
// The metadata becomes one more attribute, `tmbpf`, a dict; Python keeps it through load and
// dump. Left out, since tracemalloc has no place for them: function names and addresses.
void write_pickle(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
