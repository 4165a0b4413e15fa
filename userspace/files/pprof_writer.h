// SPDX-License-Identifier: Apache-2.0
// Snapshot -> gzip'd pprof profile: what `go tool pprof`, speedscope and others open.
//
// Where each thing goes, so that nothing of a Snapshot but the addresses is lost:
//   traces equal in (traceback, domain, size) -> one Sample, leaf first,
//       value {count, count * size} for sample types inuse_objects/count, inuse_space/bytes,
//       labels `domain`, `size` (unit bytes), `total_nframe`; a label whose number is 0 may be
//       skipped by readers
//   Frame            -> Location with one Line
//   file, function   -> Function: system_name the function ("" not known), name the same or,
//                       not known, the file, since readers show nothing else
//   traceback_limit, each metadatum -> comment `tmbpf:KEY=VALUE`; VALUE is an integer, a number
//       with '.' or 'e' (or inf, nan), or a text in quotes, escaped as in JSON but for its
//       non-ASCII bytes, which stand as they are
//   metadata `time`, `elapsed` -> also time_nanos, duration_nanos
// Strings are WTF-8 (see profile.proto).
#pragma once

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

void write_pprof(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
