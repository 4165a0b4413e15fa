// SPDX-License-Identifier: Apache-2.0
// Writes a snapshot to a file, in the format that the file's extension names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "userspace/files/pickle/pickle_writer.h"
#include "userspace/files/read_scope.h"
#include "userspace/model/snapshot.h"

namespace tmbpf {

// .pickle (tracemalloc.Snapshot.load), .pb.gz (pprof) or .json, which read_snapshot() reads; or,
// for other programs, .folded (collapsed stacks by bytes), .count.folded (by blocks),
// .speedscope.json or .csv. docs/format.md says what each keeps. The file appears complete or not
// at all, mode 0600; an earlier file of that name stays until then. `form` is for pickles. Throws
// Error: usage for an unknown extension (the hint lists the known ones), failed for all else.
void write_snapshot(const Snapshot& snapshot, const std::string& path,
                    PickleForm form = PickleForm::python_3_9);

// The extensions that write_snapshot() knows: ".pickle", ...
std::vector<std::string> known_extensions();

// Throws as write_snapshot() would for this path as things stand, without writing; to be
// called before a capture starts.
void check_output_path(const std::string& path);

// Called now and then while a file is read: bytes done of all.
using ReadProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Reads pickles, pprof profiles and JSON, told by their content. Into `table`, so
// that snapshots that are to be compared can share one. Throws Error naming file and place.
Snapshot read_snapshot(const std::string& path, std::shared_ptr<TracebackTable> table,
                       const ReadProgress& progress = {}, const ReadScope& scope = {});

}  // namespace tmbpf
