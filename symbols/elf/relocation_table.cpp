// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/relocation_table.h"

#include <elf.h>
#include <libelf.h>

namespace tmbpf {

void RelocationTable::read(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) {
  Elf_Data* data = elf_getdata(section, nullptr);
  Elf_Scn* symbol_section = elf_getscn(elf, header.sh_link);
  GElf_Shdr symbol_header{};
  Elf_Data* symbol_data = nullptr;
  if (symbol_section != nullptr && gelf_getshdr(symbol_section, &symbol_header) != nullptr) {
    symbol_data = elf_getdata(symbol_section, nullptr);
  }
  const std::size_t count = data == nullptr ? 0 : data->d_size / sizeof(Elf64_Rela);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Rela entry{};
    if (gelf_getrela(data, static_cast<int>(i), &entry) == nullptr) {
      return;
    }
    if (GELF_R_TYPE(entry.r_info) == R_X86_64_RELATIVE) {
      relative_.push_back({entry.r_offset, static_cast<std::uint64_t>(entry.r_addend)});
      continue;
    }
    GElf_Sym symbol{};
    if (symbol_data != nullptr &&
        gelf_getsym(symbol_data, static_cast<int>(GELF_R_SYM(entry.r_info)), &symbol) != nullptr) {
      add(entry, symbol, elf_strptr(elf, symbol_header.sh_link, symbol.st_name));
    }
  }
}

void RelocationTable::add(const GElf_Rela& entry, const GElf_Sym& symbol, const char* name) {
  const auto type = GELF_R_TYPE(entry.r_info);
  const bool got = type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
  if (got && name != nullptr) {
    got_.emplace(entry.r_offset, name);
  }
  const bool defined = symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS;
  if (defined && (type == R_X86_64_GLOB_DAT || type == R_X86_64_64)) {
    const auto addend = type == R_X86_64_64 ? static_cast<std::uint64_t>(entry.r_addend) : 0;
    relative_.push_back({entry.r_offset, symbol.st_value + addend});
  }
}

std::string_view RelocationTable::got_target(std::uint64_t vaddr) const {
  const auto found = got_.find(vaddr);
  return found == got_.end() ? std::string_view() : found->second;
}

}  // namespace tmbpf
