// SPDX-License-Identifier: Apache-2.0
// The live blocks of a process at one moment, in tracemalloc's terms: a list of traces.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "userspace/model/replicate_table.h"
#include "userspace/model/snapshot_metadata.h"
#include "userspace/model/trace_list.h"
#include "userspace/model/traceback_table.h"

namespace tmbpf {

// Move-only, so that millions of traces are not copied by accident.
class Snapshot {
 public:
  // With a table of its own, or one shared with other snapshots (see TracebackTable).
  explicit Snapshot(std::shared_ptr<TracebackTable> table = std::make_shared<TracebackTable>());
  Snapshot(Snapshot&&) = default;
  Snapshot& operator=(Snapshot&&) = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() = default;

  // Another on the same table and replicates, with this one's limit of frames and metadata.
  [[nodiscard]] Snapshot without_traces() const;

  StringId add_string(std::string_view text) { return table_->add_string(text); }
  FrameId add_frame(StringId filename, std::uint32_t lineno, StringId function = kEmptyString) {
    return table_->add_frame({.filename = filename, .lineno = lineno, .function = function});
  }
  TracebackId add_traceback(std::span<const FrameId> most_recent_first,
                            std::uint32_t total_nframe) {
    return table_->add_traceback(most_recent_first, total_nframe);
  }
  // For Trace::replicates: from 1 on, the same for the same replicates.
  std::uint32_t add_replicates(const Replicates& replicates) {
    return replicates_->add(replicates);
  }
  void add_trace(const Trace& trace) { traces_.push_back(trace); }

  // tracemalloc.get_traceback_limit() when the traces were taken: 1..kMaxFrames.
  void set_traceback_limit(std::uint32_t limit) { traceback_limit_ = limit; }
  void set_metadata(const std::string& key, MetadataValue value);
  // All of to_metadata(); what was set before under other keys stays.
  void set_metadata(const SnapshotMetadata& metadata);

  [[nodiscard]] const TraceList& traces() const { return traces_; }
  // Of an id that is not 0; valid as long as this snapshot.
  [[nodiscard]] const Replicates& replicates(std::uint32_t id) const { return (*replicates_)[id]; }
  [[nodiscard]] const TracebackTable& table() const { return *table_; }
  // For another snapshot with the same ids.
  [[nodiscard]] const std::shared_ptr<TracebackTable>& shared_table() const { return table_; }
  [[nodiscard]] std::uint32_t traceback_limit() const { return traceback_limit_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }

 private:
  std::shared_ptr<TracebackTable> table_;
  std::shared_ptr<ReplicateTable> replicates_ = std::make_shared<ReplicateTable>();
  TraceList traces_;
  std::uint32_t traceback_limit_ = 1;
  Metadata metadata_;
};

}  // namespace tmbpf
