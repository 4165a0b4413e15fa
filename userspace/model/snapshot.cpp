// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/snapshot.h"

#include <utility>

namespace tmbpf {

Snapshot::Snapshot(std::shared_ptr<TracebackTable> table) : table_(std::move(table)) {}

void Snapshot::set_metadata(const std::string& key, MetadataValue value) {
  metadata_.insert_or_assign(key, std::move(value));
}

void Snapshot::set_metadata(const SnapshotMetadata& metadata) {
  for (auto& [key, value] : to_metadata(metadata)) {
    metadata_.insert_or_assign(key, value);
  }
}

Snapshot Snapshot::without_traces() const {
  Snapshot result(table_);
  result.replicates_ = replicates_;
  result.traceback_limit_ = traceback_limit_;
  result.metadata_ = metadata_;
  return result;
}

}  // namespace tmbpf
