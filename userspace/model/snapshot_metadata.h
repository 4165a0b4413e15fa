// SPDX-License-Identifier: Apache-2.0
// What else is known about a snapshot, besides its traces.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userspace/model/coverage.h"
#include "userspace/model/loss.h"

namespace tmbpf {

// What a tracer says about the snapshot it took. Sizes in bytes, times in Unix seconds.
struct SnapshotMetadata {
  std::string tracer_version;  // of tmbpf
  std::string mode;            // "exact"
  std::string state;           // of the target: "running", ...
  std::int64_t pid = 0;
  std::string command;  // any bytes
  std::string python;   // version: "3.11.2"
  double attached = 0;
  double time = 0;  // when the traces were read
  std::uint64_t current = 0;
  std::uint64_t peak = 0;
  std::uint64_t rss = 0;
  std::vector<Loss> losses;
  std::optional<Coverage> coverage;  // nothing: not measured
  // What allocated, at some time, without being seen: the snapshot is not complete. Empty: nothing.
  std::string replaced_allocator;
};

using MetadataValue = std::variant<std::int64_t, double, std::string>;

// The same as words and values, which is how every file format keeps it. Each key is optional:
//   tracer_version, mode, state, command, python string · pid int · attached, time double ·
//   elapsed double, seconds traced · current, peak, rss int, bytes ·
//   lost int, events; of them lost.KEY int, lost.KEY.what string ·
//   replaced_allocator string, only when something allocated without being seen ·
//   coverage double 0..1, share of the blocks; coverage.bytes double, the same by bytes;
//   coverage.attributed, .missing, .extra, .unsettled_pools int; coverage.missing.SIZE int, blocks
//   of that many bytes; coverage.cause.KEY int, blocks, coverage.cause.KEY.what string ·
//   before.blocks, before.bytes int, from before the attach; of them before.SIZE int, blocks
// The files do not depend on any of them, but pprof's own time and duration come from `time` and
// `elapsed`. Strings may hold any bytes; keys are for programs: ASCII, no '='.
using Metadata = std::map<std::string, MetadataValue>;

Metadata to_metadata(const SnapshotMetadata& snapshot);

}  // namespace tmbpf
