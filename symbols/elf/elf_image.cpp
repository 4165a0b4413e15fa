// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/elf_image.h"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "symbols/elf/eh_frame.h"
#include "symbols/elf/relocation_table.h"
#include "symbols/elf/segment_map.h"
#include "util/error.h"

namespace tmbpf {
namespace {

constexpr std::array kEndbr64{std::byte{0xf3}, std::byte{0x0f}, std::byte{0x1e}, std::byte{0xfa}};

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

struct Symbol {
  std::string_view name;
  std::uint64_t value = 0;
};

struct AddressRange {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
};

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return text;
}

}  // namespace

struct ElfImage::Impl {
  Impl(const std::string& file, const std::string& name)
      : path(name.empty() ? file : name), segments(file) {}

  void load();
  void read_program_headers();
  void read_sections();
  void read_symbols(Elf_Scn* section, const GElf_Shdr& header);
  void read_build_id(const GElf_Phdr& notes);

  std::string path;
  std::string build_id;
  bool position_independent = false;
  SegmentMap segments;
  ElfHandle elf;  // symbol names point into its string tables
  AddressRange relro;
  std::uint64_t eh_frame_hdr = 0;
  std::vector<ElfSection> sections;
  std::vector<Symbol> symbols;
  std::vector<FunctionRange> functions;
  RelocationTable relocations;
};

void ElfImage::Impl::load() {
  elf_version(EV_CURRENT);
  elf.reset(elf_memory(reinterpret_cast<char*>(segments.mutable_data()), segments.file().size()));
  GElf_Ehdr header{};
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    throw Error(fmt::format("{} is not an ELF file", path));
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64 || (header.e_type != ET_EXEC && header.e_type != ET_DYN)) {
    throw Error(fmt::format("{} is not an x86-64 executable or shared library", path));
  }
  position_independent = header.e_type == ET_DYN;
  read_program_headers();
  read_sections();
  if (eh_frame_hdr != 0) {
    functions = read_function_ranges(segments, eh_frame_hdr);
  }
}

void ElfImage::Impl::read_program_headers() {
  std::size_t count = 0;
  if (elf_getphdrnum(elf.get(), &count) != 0) {
    throw Error(fmt::format("{}: damaged program headers", path));
  }
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header{};
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &header) == nullptr) {
      throw Error(fmt::format("{}: damaged program headers", path));
    }
    if (header.p_type == PT_LOAD) {
      segments.add(
          {header.p_vaddr, header.p_offset, header.p_filesz, (header.p_flags & PF_X) != 0});
    } else if (header.p_type == PT_GNU_EH_FRAME) {
      eh_frame_hdr = header.p_vaddr;
    } else if (header.p_type == PT_GNU_RELRO) {
      relro = {header.p_vaddr, header.p_memsz};
    } else if (header.p_type == PT_NOTE) {
      read_build_id(header);
    }
  }
}

void ElfImage::Impl::read_build_id(const GElf_Phdr& notes) {
  const std::span<const std::byte> file = segments.file();
  if (!build_id.empty() || notes.p_offset > file.size() ||
      notes.p_filesz > file.size() - notes.p_offset) {
    return;
  }
  Elf_Data* data =
      elf_getdata_rawchunk(elf.get(), static_cast<std::int64_t>(notes.p_offset), notes.p_filesz,
                           notes.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
  GElf_Nhdr note{};
  std::size_t name = 0;
  std::size_t description = 0;
  std::size_t next = 0;
  for (std::size_t at = 0; data != nullptr; at = next) {
    next = gelf_getnote(data, at, &note, &name, &description);
    if (next == 0) {
      return;
    }
    const auto* bytes = static_cast<const std::byte*>(data->d_buf);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
        std::memcmp(bytes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0) {
      build_id = to_hex({bytes + description, note.n_descsz});
      return;
    }
  }
}

void ElfImage::Impl::read_sections() {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf.get(), &names) != 0) {
    throw Error(fmt::format("{}: damaged section headers", path));
  }
  std::vector<std::pair<Elf_Scn*, GElf_Shdr>> symbol_tables;
  for (Elf_Scn* section = elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf.get(), section)) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) == nullptr) {
      continue;
    }
    if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB) {
      symbol_tables.emplace_back(section, header);
    } else if (header.sh_type == SHT_RELA && (header.sh_flags & SHF_ALLOC) != 0) {
      relocations.read(elf.get(), section, header);
    }
    if ((header.sh_flags & SHF_ALLOC) == 0) {
      continue;
    }
    const char* name = elf_strptr(elf.get(), names, header.sh_name);
    sections.push_back({.name = name == nullptr ? "" : name,
                        .vaddr = header.sh_addr,
                        .offset = header.sh_offset,
                        .size = header.sh_size,
                        .has_bits = header.sh_type != SHT_NOBITS,
                        .executable = (header.sh_flags & SHF_EXECINSTR) != 0,
                        .writable = (header.sh_flags & SHF_WRITE) != 0,
                        .relro = header.sh_addr - relro.start < relro.size});
  }
  for (const bool dynamic : {true, false}) {
    for (const auto& [section, header] : symbol_tables) {
      if ((header.sh_type == SHT_DYNSYM) == dynamic) {
        read_symbols(section, header);
      }
    }
  }
}

void ElfImage::Impl::read_symbols(Elf_Scn* section, const GElf_Shdr& header) {
  Elf_Data* data = elf_getdata(section, nullptr);
  const std::size_t count = data == nullptr ? 0 : data->d_size / sizeof(Elf64_Sym);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol{};
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) {
      return;
    }
    const char* name = elf_strptr(elf.get(), header.sh_link, symbol.st_name);
    const auto type = GELF_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx != SHN_UNDEF && type != STT_SECTION && type != STT_FILE &&
        name != nullptr && *name != '\0') {
      symbols.push_back({name, symbol.st_value});
    }
  }
}

ElfImage ElfImage::open(const std::string& path, const std::string& name) {
  auto impl = std::make_unique<Impl>(path, name);
  impl->load();
  return ElfImage(std::move(impl));
}

ElfImage::ElfImage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ElfImage::ElfImage(ElfImage&&) noexcept = default;
ElfImage& ElfImage::operator=(ElfImage&&) noexcept = default;
ElfImage::~ElfImage() = default;

const std::string& ElfImage::path() const { return impl_->path; }
const std::string& ElfImage::build_id() const { return impl_->build_id; }
bool ElfImage::position_independent() const { return impl_->position_independent; }
const std::vector<ElfSection>& ElfImage::sections() const { return impl_->sections; }
const std::vector<FunctionRange>& ElfImage::functions() const { return impl_->functions; }

std::optional<FunctionRange> ElfImage::function_around(std::uint64_t vaddr) const {
  const auto& functions = impl_->functions;
  const auto next = std::upper_bound(
      functions.begin(), functions.end(), vaddr,
      [](std::uint64_t value, const FunctionRange& range) { return value < range.start; });
  return next != functions.begin() && vaddr < std::prev(next)->end ? std::optional(*std::prev(next))
                                                                   : std::nullopt;
}

FunctionRange ElfImage::function_at(std::uint64_t start) const {
  const std::optional<FunctionRange> range = function_around(start);
  return range && range->start == start ? *range : FunctionRange{};
}

const std::vector<RelativeRelocation>& ElfImage::relative_relocations() const {
  return impl_->relocations.relative();
}

std::optional<std::uint64_t> ElfImage::symbol(std::string_view name) const {
  const auto& symbols = impl_->symbols;
  const auto found = std::find_if(symbols.begin(), symbols.end(),
                                  [name](const Symbol& entry) { return entry.name == name; });
  return found == symbols.end() ? std::nullopt : std::optional(found->value);
}

std::optional<std::uint64_t> ElfImage::file_offset(std::uint64_t vaddr) const {
  return impl_->segments.file_offset(vaddr);
}

std::span<const std::byte> ElfImage::bytes_at(std::uint64_t vaddr, std::size_t size) const {
  return impl_->segments.bytes_at(vaddr, size);
}

std::optional<std::uint64_t> ElfImage::vaddr_of_offset(std::uint64_t file_offset) const {
  return impl_->segments.vaddr_of_offset(file_offset);
}

std::optional<std::string_view> ElfImage::got_target(std::uint64_t vaddr) const {
  const std::string_view name = impl_->relocations.got_target(vaddr);
  return name.empty() ? std::nullopt : std::optional(name);
}

std::optional<std::string_view> ElfImage::plt_target(std::uint64_t vaddr) const {
  std::span<const std::byte> code = bytes_at(vaddr, 16);
  std::size_t skip = 0;
  if (code.size() >= kEndbr64.size() &&
      std::equal(kEndbr64.begin(), kEndbr64.end(), code.begin())) {
    skip = kEndbr64.size();
  }
  if (code.size() > skip && code[skip] == std::byte{0xf2}) {  // bnd
    ++skip;
  }
  // jmp *displacement(%rip)
  if (code.size() < skip + 6 || code[skip] != std::byte{0xff} ||
      code[skip + 1] != std::byte{0x25}) {
    return std::nullopt;
  }
  std::int32_t displacement = 0;
  std::memcpy(&displacement, code.data() + skip + 2, sizeof(displacement));
  return got_target(vaddr + skip + 6 + static_cast<std::uint64_t>(std::int64_t{displacement}));
}

}  // namespace tmbpf
