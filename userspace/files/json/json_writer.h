// SPDX-License-Identifier: Apache-2.0
// Snapshot -> JSON, with nothing lost: what scripts read, and read_json().
//
// One object with these keys in this order, a row of each list on a line of its own:
//
//   "format": "tmbpf-snapshot",
//   "version": 1,
//   "traceback_limit": 25,
//   "metadata": {"command": "app.py", "pid": 1234, "time": 1.5},
//   "frames": [
//   ["app.py", 42, "load"],             file, line, and the function where it is known
//   ["app.py", 10]],
//   "tracebacks": [
//   [2, [0, 1]]],                       total_nframe, then the frames' places in "frames" (from 0),
//                                       most recent first
//   "replicates": [                     only where a trace has some:
//   [2, 0, 3.25, ...]],                 kReplicates weights (replicates.h)
//   "traces": [
//   [0, 64],                            the traceback's place in "tracebacks", bytes of one block
//   [0, 64, 0, 2.5],                    domain, weight
//   [0, 64, 0, 1, 1700000000000000000, 140000000000],     time in Unix nanoseconds, address
//   [0, 64, 0, 2.5, 0, 0, 0]]           the place in "replicates"; missing: the weight is exact
//
// A trace ends where all that follows is 0 (not known), for the weight 1, or missing. Only the
// frames, tracebacks and replicates that the traces lead to are written, in the order in which they
// do.
//
// Types: a metadatum that is an integer has digits only, a double has '.' or an exponent, or is
// {"real": "inf"}, "-inf" or "nan". Integers may need all of 64 bits, which Python reads exactly
// and JavaScript does not. Texts are UTF-8, lone surrogates the escapes "\udc80"; where a high
// surrogate stands before a low one and the two are not one character, which JSON cannot say, there
// is the array of the text's parts: ["\ud83d", "\udc0d"]. Metadata keys are ASCII
// (snapshot_metadata.h).
#pragma once

#include "userspace/files/byte_sink.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

void write_json(const Snapshot& snapshot, ByteSink& sink);

}  // namespace tmbpf
