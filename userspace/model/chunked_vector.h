// SPDX-License-Identifier: Apache-2.0
// A sequence that grows without moving what it has, so that its peak is its size: std::deque with
// larger pieces.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tmbpf {

template <typename Value>
class ChunkedVector {
 public:
  void push_back(const Value& value) {
    if (size_ == chunks_.size() * kChunk) {
      chunks_.push_back(std::make_unique_for_overwrite<Value[]>(kChunk));
    }
    chunks_[size_ / kChunk][size_ % kChunk] = value;
    ++size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const Value& operator[](std::size_t index) const {
    return chunks_[index / kChunk][index % kChunk];
  }
  [[nodiscard]] Value& operator[](std::size_t index) {
    return chunks_[index / kChunk][index % kChunk];
  }

 private:
  static constexpr std::size_t kChunk = 4096;  // values; a power of two: the divisions are shifts

  std::vector<std::unique_ptr<Value[]>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace tmbpf
