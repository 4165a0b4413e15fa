// SPDX-License-Identifier: Apache-2.0
// Snapshot -> gzip'd pprof profile: what `go tool pprof`, speedscope and others open.
//
// Where each thing goes, so that nothing of a Snapshot but the order of its traces is lost:
//   traces of one traceback and domain -> one Sample, leaf first, with the sums of their weights
//       and weights * sizes for sample types inuse_objects/count, inuse_space/bytes; labels
//       `domain`, `total_nframe` and, when all have one size, `size` (unit bytes), else the text
//       `sizes` (see sizes_label.h); a label whose number is 0 may be skipped by readers
//   a trace that has a time or an address -> a Sample of its own with labels `time` (nanoseconds),
//       `address`
//   a trace whose weight is no whole number -> a Sample of its own, its values rounded, the weight
//       as the text of label `weight`
//   a trace that has replicates -> a Sample of its own, the text `replicates` (replicates_label.h)
//   Frame            -> Location with one Line
//   file, function   -> Function: system_name the function ("" not known), name the same or,
//                       not known, the file, since readers show nothing else
//   traceback_limit, each metadatum -> comment `tmbpf:KEY=VALUE` (see metadata_comment.h)
//   metadata `time`, `elapsed` -> also time_nanos, duration_nanos
// Strings are WTF-8 (see profile.proto).
#pragma once

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

void write_pprof(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
