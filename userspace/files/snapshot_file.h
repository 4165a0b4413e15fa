// SPDX-License-Identifier: Apache-2.0
// Writes a snapshot to a file, in the format that the file's extension names.
#pragma once

#include <string>

#include "userspace/model/snapshot.h"

namespace tmbpf {

// .pickle (tracemalloc.Snapshot.load) or .pb.gz (pprof). The file appears complete or not at
// all, mode 0600; an earlier file of that name stays until then. Throws Error: usage for an
// unknown extension (the hint lists the known ones), failed for all else.
void write_snapshot(const Snapshot& snapshot, const std::string& path);

// Throws as write_snapshot() would for this path as things stand, without writing; to be
// called before a capture starts.
void check_output_path(const std::string& path);

}  // namespace tmbpf
