// SPDX-License-Identifier: Apache-2.0
// The 8-byte words of a section as they are once the loader has relocated it (at bias 0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

class WordView {
 public:
  WordView(const ElfImage& image, const ElfSection& section);

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::uint64_t value(std::size_t index) const { return values_[index]; }
  [[nodiscard]] std::uint64_t vaddr(std::size_t index) const { return start_ + index * 8; }
  [[nodiscard]] bool relro() const { return relro_; }
  void set(std::uint64_t vaddr, std::uint64_t value);

 private:
  std::uint64_t start_ = 0;
  bool relro_ = false;
  std::vector<std::uint64_t> values_;
};

// One view per writable section that the file holds, relative relocations applied.
std::vector<WordView> writable_words(const ElfImage& image);
// The same with the constants (.rodata).
std::vector<WordView> all_words(const ElfImage& image);

}  // namespace tmbpf
