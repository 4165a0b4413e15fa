// SPDX-License-Identifier: Apache-2.0
// Bytes and blocks added up over traces.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace tmbpf {

// Exact while the weights are whole numbers; estimates are added up apart and rounded at the end.
// Beyond 2^64 - 1 a sum stays there.
class BlockSum {
 public:
  // `weight` blocks of `size` bytes.
  void add(std::uint64_t size, double weight) {
    if (weight == 1) {
      add_exact(size, 1);
    } else if (weight == std::floor(weight) && weight < kExact) {
      const auto blocks = static_cast<std::uint64_t>(weight);
      std::uint64_t bytes = 0;
      add_exact(__builtin_mul_overflow(size, blocks, &bytes) ? kMost : bytes, blocks);
    } else {
      estimated_size_ += static_cast<double>(size) * weight;
      estimated_count_ += weight;
    }
  }
  void add(const BlockSum& other) {
    add_exact(other.size_, other.count_);
    estimated_size_ += other.estimated_size_;
    estimated_count_ += other.estimated_count_;
  }

  // `part` was added here, too.
  [[nodiscard]] BlockSum without(const BlockSum& part) const {
    BlockSum rest = *this;
    rest.size_ -= part.size_;
    rest.count_ -= part.count_;
    rest.estimated_size_ -= part.estimated_size_;
    rest.estimated_count_ -= part.estimated_count_;
    return rest;
  }

  [[nodiscard]] std::uint64_t size() const { return total(size_, estimated_size_); }
  [[nodiscard]] std::uint64_t count() const { return total(count_, estimated_count_); }
  // No block at all was added; the sums may also be 0 by rounding.
  [[nodiscard]] bool empty() const { return count_ == 0 && estimated_count_ == 0; }

 private:
  static constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  static constexpr double kExact = 9007199254740992.0;  // 2^53: above, doubles skip whole numbers

  void add_exact(std::uint64_t size, std::uint64_t count) {
    size_ = __builtin_add_overflow(size_, size, &size_) ? kMost : size_;
    count_ = __builtin_add_overflow(count_, count, &count_) ? kMost : count_;
  }
  static std::uint64_t total(std::uint64_t exact, double estimated) {
    if (estimated == 0) {
      return exact;
    }
    constexpr double kLimit = 9.2e18;  // below 2^63, where llrint() is defined
    const double rounded = estimated < kLimit ? estimated : kLimit;
    std::uint64_t sum = 0;
    return __builtin_add_overflow(exact, static_cast<std::uint64_t>(std::llrint(rounded)), &sum)
               ? kMost
               : sum;
  }

  std::uint64_t size_ = 0;
  std::uint64_t count_ = 0;
  double estimated_size_ = 0;
  double estimated_count_ = 0;
};

}  // namespace tmbpf
