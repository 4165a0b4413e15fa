// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/elf_strings.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "util/unique_fd.h"

namespace tmbpf {
namespace {

constexpr std::size_t kChunk = 1U << 20U;
constexpr std::uint64_t kMaxBytes = 512U << 20U;  // of all string tables

// How many of the bytes are there.
std::size_t read_at(const UniqueFd& file, void* to, std::size_t size, std::uint64_t offset) {
  const ssize_t got = ::pread(file.get(), to, size, static_cast<off_t>(offset));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

// Those of a file with more sections than the header can count (65,280) are not looked at.
std::vector<Elf64_Shdr> section_headers(const UniqueFd& file) {
  Elf64_Ehdr header{};
  if (read_at(file, &header, sizeof(header), 0) != sizeof(header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_shentsize != sizeof(Elf64_Shdr)) {
    return {};
  }
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  const std::size_t bytes = sections.size() * sizeof(Elf64_Shdr);
  if (read_at(file, sections.data(), bytes, header.e_shoff) != bytes) {
    return {};
  }
  return sections;
}

bool table_mentions(const UniqueFd& file, const Elf64_Shdr& table, std::string_view name) {
  std::vector<char> buffer(kChunk + name.size());
  std::size_t kept = 0;  // the end of the chunk before, where a name may begin
  for (std::uint64_t done = 0; done < table.sh_size;) {
    const std::size_t size = std::min<std::uint64_t>(kChunk, table.sh_size - done);
    const std::size_t got = read_at(file, buffer.data() + kept, size, table.sh_offset + done);
    const std::string_view text(buffer.data(), kept + got);
    if (text.find(name) != std::string_view::npos) {
      return true;
    }
    if (got < size) {
      return false;
    }
    done += got;
    kept = std::min(text.size(), name.size() - 1);
    std::memmove(buffer.data(), buffer.data() + text.size() - kept, kept);
  }
  return false;
}

}  // namespace

bool elf_mentions(const std::string& path, std::string_view name) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string whole(name);
  whole += '\0';
  std::uint64_t bytes = 0;
  for (const Elf64_Shdr& section :
       file.valid() ? section_headers(file) : std::vector<Elf64_Shdr>()) {
    if (section.sh_type != SHT_STRTAB) {
      continue;
    }
    if (section.sh_size > kMaxBytes - bytes) {
      return false;
    }
    bytes += section.sh_size;
    if (table_mentions(file, section, whole)) {
      return true;
    }
  }
  return false;
}

}  // namespace tmbpf
