// SPDX-License-Identifier: Apache-2.0
// A set of block addresses, 16 bytes apart at least: one bit per 16 bytes, 8 KiB per mebibyte.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace tmbpf {

class BlockSet {
 public:
  void insert(std::uint64_t address) {
    std::uint64_t& word = pages_[address >> kPageShift][word_of(address)];
    size_ += (word & bit_of(address)) == 0 ? 1 : 0;
    word |= bit_of(address);
  }

  [[nodiscard]] bool contains(std::uint64_t address) const {
    const auto page = pages_.find(address >> kPageShift);
    return page != pages_.end() && (page->second[word_of(address)] & bit_of(address)) != 0;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& [page, words] : pages_) {
      for (std::size_t word = 0; word < words.size(); ++word) {
        for (std::uint64_t bits = words[word]; bits != 0; bits &= bits - 1) {
          const auto slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
          visit((page << kPageShift) + (slot << kBlockShift));
        }
      }
    }
  }

 private:
  static constexpr int kPageShift = 20;
  static constexpr int kBlockShift = 4;
  using Page = std::array<std::uint64_t, (std::size_t{1} << (kPageShift - kBlockShift)) / 64>;

  static std::size_t slot_of(std::uint64_t address) {
    return (address & ((std::uint64_t{1} << kPageShift) - 1)) >> kBlockShift;
  }
  static std::size_t word_of(std::uint64_t address) { return slot_of(address) / 64; }
  static std::uint64_t bit_of(std::uint64_t address) {
    return std::uint64_t{1} << (slot_of(address) % 64);
  }

  std::unordered_map<std::uint64_t, Page> pages_;
  std::size_t size_ = 0;
};

}  // namespace tmbpf
