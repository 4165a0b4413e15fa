// SPDX-License-Identifier: Apache-2.0
// What else is known about a snapshot, besides its traces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "userspace/model/coverage.h"
#include "userspace/model/loss.h"
#include "userspace/model/metadata.h"

namespace tmbpf {

// A tracer went over to another way of following allocations (mode "auto").
struct MethodStep {
  double time = 0;
  std::string from;  // the first: "auto"
  std::string to;    // "exact", "live" or "sampled"
  std::string reason;
};

// What a tracer says about the snapshot it took. Sizes in bytes, times in Unix seconds.
struct SnapshotMetadata {
  std::string tracer_version;          // of tmbpf
  std::string mode;                    // asked for: "exact", "live", "sampled", "auto"
  std::string method;                  // in use when it was taken; empty: the mode's own
  std::optional<double> max_slowdown;  // shares of the target's time: the budget
  std::optional<double> slowdown;      // and what tracing cost it, estimated
  std::vector<MethodStep> steps;
  std::string state;  // of the target: "running", ...
  std::int64_t pid = 0;
  std::string command;  // any bytes
  std::string python;   // version: "3.11.2"
  double attached = 0;
  double time = 0;  // when the traces were read
  std::uint64_t current = 0;
  std::uint64_t peak = 0;
  std::uint64_t rss = 0;  // 0: not known
  std::vector<Loss> losses;
  std::optional<Coverage> coverage;  // nothing: not measured
  // What allocated, at some time, without being seen: the snapshot is not complete. Empty: nothing.
  std::string replaced_allocator;
};

Metadata to_metadata(const SnapshotMetadata& snapshot);

// Whether both say that one session took them: one pid, attached to at one moment. False where they
// do not say.
bool same_session(const Metadata& one, const Metadata& other);

}  // namespace tmbpf
