// SPDX-License-Identifier: Apache-2.0
// Values by the ids of a profile. Writers count up from 1, which needs no index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace tmbpf {

template <typename Value>
class IdMap {
 public:
  // False, and nothing changes, when `id` is there.
  bool add(std::uint64_t id, const Value& value) {
    if (find(id) != nullptr) {
      return false;
    }
    if (counted_ == values_.size() && id == counted_ + 1) {
      ++counted_;
    } else {
      others_.emplace(id, values_.size());
    }
    values_.push_back(value);
    return true;
  }

  // nullptr: not there. Valid until the next add().
  [[nodiscard]] Value* find(std::uint64_t id) {
    if (id - 1 < counted_) {
      return &values_[id - 1];
    }
    const auto found = others_.find(id);
    return found == others_.end() ? nullptr : &values_[found->second];
  }

 private:
  std::vector<Value> values_;
  std::size_t counted_ = 0;  // that many of the first have the ids 1, 2, ...
  std::unordered_map<std::uint64_t, std::size_t> others_;
};

}  // namespace tmbpf
