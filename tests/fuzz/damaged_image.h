// SPDX-License-Identifier: Apache-2.0
// A real interpreter's binary with patches in the places that planning reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/elf/elf_image.h"
#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/image_file.h"

namespace tmbpf {

class DamagedImage {
 public:
  // Only one in a few functions stays in the image's table of functions: planning is quick then.
  explicit DamagedImage(const std::string& path);

  // Where the damaged file can be opened.
  [[nodiscard]] std::string path() const { return file_.path(); }

  // Undoes the patches before, then writes the input's: 8 bits of region, 32 of offset in it, 8 of
  // length, that many bytes.
  void patch(ByteInput& input);

 private:
  struct Region {
    std::uint64_t offset = 0;  // in the file
    std::uint64_t size = 0;
  };

  void add(std::uint64_t offset, std::uint64_t size);
  void add_vaddr(const ElfImage& image, std::uint64_t vaddr, std::uint64_t size);
  void add_headers();
  void add_allocator(const ElfImage& image, const AllocatorTables& tables);
  void thin_functions(const ElfSection& table, const std::vector<std::uint64_t>& kept);

  std::vector<std::byte> pristine_;
  ImageFile file_;
  std::vector<Region> regions_;
  std::vector<Region> patched_;
};

}  // namespace tmbpf
