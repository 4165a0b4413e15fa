// SPDX-License-Identifier: Apache-2.0
// A read-only ELF file of the target: sections, symbols, relocations, function starts.
//
// Addresses are link-time virtual addresses (vaddr); the process adds its load bias. The file's
// bytes are held for the life of the object (at most 512 MiB; read, not mapped, so that a truncated
// file cannot fault the tracer); spans point into them. Nothing here trusts the file: every offset
// is checked, every loop is bounded by the file's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tmbpf {

struct ElfSection {
  std::string name;
  std::uint64_t vaddr = 0;
  std::uint64_t offset = 0;  // in the file; meaningless when !has_bits
  std::uint64_t size = 0;    // bytes in memory
  bool has_bits = false;     // false for .bss
  bool executable = false;
  bool writable = false;
  bool relro = false;  // read-only once relocated: constants, never live state
};

// One function as .eh_frame describes it (survives strip): [start, end).
struct FunctionRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

// The 8 bytes at `vaddr` become `value` + load bias: R_X86_64_RELATIVE, and R_X86_64_64 and
// GLOB_DAT of symbols that the file itself defines.
struct RelativeRelocation {
  std::uint64_t vaddr = 0;
  std::uint64_t value = 0;
};

class ElfImage {
 public:
  // Throws Error when the file cannot be read or is no x86-64 ELF executable or library.
  // `name` stands for the path in messages, when it tells people more.
  static ElfImage open(const std::string& path, const std::string& name = {});

  ElfImage(const ElfImage&) = delete;
  ElfImage& operator=(const ElfImage&) = delete;
  ElfImage(ElfImage&&) noexcept;
  ElfImage& operator=(ElfImage&&) noexcept;
  ~ElfImage();

  [[nodiscard]] const std::string& path() const;
  // Lower-case hexadecimal; empty when the file has none.
  [[nodiscard]] const std::string& build_id() const;
  // ET_DYN: loaded at a bias; ET_EXEC (Debian's python3.11): vaddr is the address.
  [[nodiscard]] bool position_independent() const;
  [[nodiscard]] const std::vector<ElfSection>& sections() const;
  // .dynsym first, then .symtab where the file still has it.
  [[nodiscard]] std::optional<std::uint64_t> symbol(std::string_view name) const;
  // File offset of a vaddr that the file holds (as uprobes want it).
  [[nodiscard]] std::optional<std::uint64_t> file_offset(std::uint64_t vaddr) const;
  // The file's bytes from vaddr on, at most `size`, fewer at the segment's end, empty if none.
  [[nodiscard]] std::span<const std::byte> bytes_at(std::uint64_t vaddr, std::size_t size) const;
  // The vaddr that a mapping of the file from this (page-aligned) offset shows, so that
  // load bias = mapping start - vaddr_of_offset(mapping's file offset). Two segments may share a
  // page of the file: the executable one is answered, so ask with an executable mapping.
  [[nodiscard]] std::optional<std::uint64_t> vaddr_of_offset(std::uint64_t file_offset) const;
  // Sorted by start, no duplicates.
  [[nodiscard]] const std::vector<FunctionRange>& functions() const;
  // The function that holds this address; nothing between functions.
  [[nodiscard]] std::optional<FunctionRange> function_around(std::uint64_t vaddr) const;
  // The function that starts here; an empty range if none does.
  [[nodiscard]] FunctionRange function_at(std::uint64_t start) const;
  [[nodiscard]] const std::vector<RelativeRelocation>& relative_relocations() const;
  // Name of the dynamic symbol whose address the loader puts into the GOT entry at `vaddr`.
  [[nodiscard]] std::optional<std::string_view> got_target(std::uint64_t vaddr) const;
  // Name of the dynamic symbol that the PLT stub at `vaddr` jumps to (.plt, .plt.got, .plt.sec).
  [[nodiscard]] std::optional<std::string_view> plt_target(std::uint64_t vaddr) const;

 private:
  struct Impl;
  explicit ElfImage(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tmbpf
