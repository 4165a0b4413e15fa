// SPDX-License-Identifier: Apache-2.0
// Replicates, each stored once and named by an id: traces that were seen in one window only often
// have the same.
#pragma once

#include <cstdint>
#include <memory>

#include "userspace/model/chunked_vector.h"
#include "userspace/model/replicates.h"

namespace tmbpf {

class ContentIndex;

// Only grows, so ids stay good. Not synchronised: one thread at a time.
class ReplicateTable {
 public:
  ReplicateTable();
  ReplicateTable(const ReplicateTable&) = delete;
  ReplicateTable& operator=(const ReplicateTable&) = delete;
  ReplicateTable(ReplicateTable&&) = delete;
  ReplicateTable& operator=(ReplicateTable&&) = delete;
  ~ReplicateTable();

  // The id, from 1 on.
  std::uint32_t add(const Replicates& replicates);

  // Valid as long as the table.
  [[nodiscard]] const Replicates& operator[](std::uint32_t id) const { return rows_[id - 1]; }

 private:
  ChunkedVector<Replicates> rows_;  // by id - 1
  std::unique_ptr<ContentIndex> index_;
};

}  // namespace tmbpf
