// SPDX-License-Identifier: Apache-2.0
// A set of block addresses, 16 bytes apart at least: one bit per 16 bytes, 8 KiB per mebibyte.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

namespace tmbpf {

class BlockSet {
 public:
  // The finest stretch that insert_words() and words() know: 64 blocks of 16 bytes.
  static constexpr std::uint64_t kWordSpan = 1024;

  void insert(std::uint64_t address) {
    std::uint64_t& word = pages_[address >> kPageShift][word_of(address)];
    size_ += (word & bit_of(address)) == 0 ? 1 : 0;
    word |= bit_of(address);
  }

  void erase(std::uint64_t address) {
    const auto page = pages_.find(address >> kPageShift);
    if (page != pages_.end() && contains(address)) {
      page->second[word_of(address)] &= ~bit_of(address);
      --size_;
    }
  }

  // Bit i of word j stands for start + j * kWordSpan + i * 16. `start` is a multiple of kWordSpan,
  // and the words do not cross a mebibyte.
  void insert_words(std::uint64_t start, std::span<const std::uint64_t> words) {
    Page& page = pages_[start >> kPageShift];
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::uint64_t& word = page[word_of(start) + i];
      size_ += static_cast<std::size_t>(std::popcount(words[i] & ~word));
      word |= words[i];
    }
  }

  [[nodiscard]] bool contains(std::uint64_t address) const {
    return (word_at(address) & bit_of(address)) != 0;
  }

  // The blocks of [start, start + kWordSpan), as insert_words() takes them.
  [[nodiscard]] std::uint64_t word_at(std::uint64_t start) const {
    const auto page = pages_.find(start >> kPageShift);
    return page == pages_.end() ? 0 : page->second[word_of(start)];
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& [page, words] : pages_) {
      for (std::size_t word = 0; word < words.size(); ++word) {
        visit_word((page << kPageShift) + word * kWordSpan, words[word], visit);
      }
    }
  }

  // Calls visit with the address of each block in one word.
  template <typename Visit>
  static void visit_word(std::uint64_t start, std::uint64_t word, const Visit& visit) {
    for (; word != 0; word &= word - 1) {
      visit(start + (static_cast<std::uint64_t>(std::countr_zero(word)) << kBlockShift));
    }
  }

 private:
  static constexpr int kPageShift = 20;
  static constexpr int kBlockShift = 4;
  using Page = std::array<std::uint64_t, (std::size_t{1} << kPageShift) / kWordSpan>;

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
