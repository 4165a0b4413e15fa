// SPDX-License-Identifier: Apache-2.0
// Snapshot -> what Python's tracemalloc.Snapshot.load() reads.
#pragma once

#include <cstdint>

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// How the traces lie in the pickle. Each Python loads all of them but can only use its own.
enum class PickleForm : std::uint8_t {
  python_3_9,  // (domain, size, traceback, total_nframe): Python 3.9 and later
  python_3_6,  // (domain, size, traceback): Python 3.6 to 3.8
  python_3_4,  // (size, traceback): Python 3.4 and 3.5
};

// Protocol 4, the objects that Snapshot.dump() writes: a tracemalloc.Snapshot with its attributes
// `traces` and `traceback_limit`; traceback is ((filename, lineno), ...), most recent frame first.
//
// What tracemalloc has no place for lies in more attributes, each only when there is something to
// say; Python keeps them through load and dump, read_pickle() puts all back:
//   tmbpf               dict: the metadata. Those fields that were a program's own attributes
//                       (pickle_attributes.h) become attributes again instead.
//   tmbpf_weights       list of (first, count, weight): the tuples first to first + count - 1 of
//                       the list of traces stand for one trace of that weight, not 1. A trace of
//                       weight w is written max(1, w rounded half to even) times.
//   tmbpf_times         bytes: for each trace (not each tuple) a little-endian int64, Unix
//                       nanoseconds, 0 for not known. array.array('q', snapshot.tmbpf_times)
//   tmbpf_addresses     bytes: likewise, the addresses as uint64, 0 for not kept
//   tmbpf_functions     dict {function name: list of frames}: the very frame objects (compare by
//                       `is`) of the tracebacks, as two functions may share a line.
//   tmbpf_total_nframe  (3.6 and 3.4 only) dict {total_nframe: list of tracebacks}: likewise the
//                       objects; for those that were cut short.
//   tmbpf_domains       (3.4 only) list of (first, count, domain): of tuples that are not of
//                       domain 0.
//
// The replicates of estimates are left out.
//
// Throws Error when the weights would need more tuples than Python could load.
void write_pickle(const Snapshot& snapshot, ByteSink& sink, PickleForm form);

// PickleForm::python_3_9.
void write_pickle(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
