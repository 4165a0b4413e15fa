// SPDX-License-Identifier: Apache-2.0
#include "symbols/allocator/word_view.h"

#include <algorithm>
#include <cstring>

namespace tmbpf {
namespace {

constexpr std::size_t kMaxSections = 64;

}  // namespace

WordView::WordView(const ElfImage& image, const ElfSection& section)
    : start_((section.vaddr + 7) & ~std::uint64_t{7}), relro_(section.relro) {
  const std::uint64_t lost = start_ - section.vaddr;
  if (section.size <= lost) {
    return;
  }
  const auto bytes = image.bytes_at(start_, static_cast<std::size_t>(section.size - lost));
  values_.resize(bytes.size() / 8);
  if (!values_.empty()) {
    std::memcpy(values_.data(), bytes.data(), values_.size() * 8);
  }
}

void WordView::set(std::uint64_t vaddr, std::uint64_t value) {
  const std::uint64_t index = (vaddr - start_) / 8;
  if (vaddr >= start_ && (vaddr - start_) % 8 == 0 && index < values_.size()) {
    values_[static_cast<std::size_t>(index)] = value;
  }
}

namespace {

std::vector<WordView> words_of(const ElfImage& image, bool constants) {
  std::vector<WordView> views;
  for (const ElfSection& section : image.sections()) {
    const bool constant = section.name.starts_with(".rodata") && !section.executable;
    const bool wanted = section.writable || (constants && constant);
    if (wanted && section.has_bits && views.size() < kMaxSections) {
      views.emplace_back(image, section);
    }
  }
  for (const RelativeRelocation& relocation : image.relative_relocations()) {
    for (WordView& view : views) {
      view.set(relocation.vaddr, relocation.value);
    }
  }
  return views;
}

}  // namespace

std::vector<WordView> writable_words(const ElfImage& image) { return words_of(image, false); }
std::vector<WordView> all_words(const ElfImage& image) { return words_of(image, true); }

}  // namespace tmbpf
