// SPDX-License-Identifier: Apache-2.0
#include "userspace/model/replicate_table.h"

#include <functional>
#include <string_view>

#include "userspace/model/content_index.h"

namespace tmbpf {

ReplicateTable::ReplicateTable() : index_(std::make_unique<ContentIndex>()) {}

ReplicateTable::~ReplicateTable() = default;

std::uint32_t ReplicateTable::add(const Replicates& replicates) {
  const std::string_view bytes(reinterpret_cast<const char*>(replicates.data()),
                               sizeof(replicates));
  const std::size_t hash = std::hash<std::string_view>()(bytes);
  const auto is_it = [&](std::uint32_t number) { return rows_[number] == replicates; };
  if (const auto known = index_->find(hash, is_it)) {
    return *known + 1;
  }
  index_->add(hash);
  rows_.push_back(replicates);
  return static_cast<std::uint32_t>(rows_.size());
}

}  // namespace tmbpf
