// SPDX-License-Identifier: Apache-2.0
// What the dynamic loader writes into an image: addresses of its own parts, and GOT entries.
//
// Source: System V ABI, AMD64 supplement, "Relocation Types". A symbol that the file defines counts
// as the file's own, though another object may take its place (no Python does that).
#pragma once

#include <gelf.h>

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "symbols/elf/elf_image.h"

namespace tmbpf {

class RelocationTable {
 public:
  // Adds a SHT_RELA section's entries. Names point into the file's string tables.
  void read(Elf* elf, Elf_Scn* section, const GElf_Shdr& header);

  [[nodiscard]] const std::vector<RelativeRelocation>& relative() const { return relative_; }
  // Name of the symbol whose address the GOT entry at `vaddr` gets; empty if none.
  [[nodiscard]] std::string_view got_target(std::uint64_t vaddr) const;

 private:
  void add(const GElf_Rela& entry, const GElf_Sym& symbol, const char* name);

  std::vector<RelativeRelocation> relative_;
  std::unordered_map<std::uint64_t, std::string_view> got_;
};

}  // namespace tmbpf
