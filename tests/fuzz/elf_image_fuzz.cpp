// SPDX-License-Identifier: Apache-2.0
// Input: an ELF file.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "symbols/allocator/allocator_tables.h"
#include "symbols/elf/elf_image.h"
#include "symbols/python/python_version.h"
#include "tests/fuzz/image_file.h"
#include "util/error.h"

namespace {

using namespace tmbpf;

constexpr std::size_t kPart = 64;  // bytes
constexpr std::uint64_t kPageMask = 0xfff;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// Every byte must be there.
bool readable(std::span<const std::byte> bytes, std::size_t most) {
  unsigned sum = 0;
  for (const std::byte byte : bytes) {
    sum += std::to_integer<unsigned>(byte);
  }
  return bytes.size() <= most && sum <= bytes.size() * UINT8_MAX;
}

void look_at_sections(const ElfImage& image) {
  for (const ElfSection& section : image.sections()) {
    require(readable(image.bytes_at(section.vaddr, section.size), section.size));
    const auto vaddr = image.vaddr_of_offset(section.offset & ~kPageMask);
    require(!vaddr || readable(image.bytes_at(*vaddr, kPart), kPart));
    const auto name = image.plt_target(section.vaddr);
    require(!name || readable(std::as_bytes(std::span(*name)), name->size()));
  }
}

void look_at_functions(const ElfImage& image) {
  std::uint64_t end = 0;
  for (const FunctionRange& function : image.functions()) {
    require(function.start >= end && function.end >= function.start);
    end = function.end;
    require(readable(image.bytes_at(function.start, kPart), kPart));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ImageFile file;
  file.assign({reinterpret_cast<const std::byte*>(data), size});
  try {
    const ElfImage image = ElfImage::open(file.path());
    look_at_sections(image);
    look_at_functions(image);
    const auto version = python_version(image);
    require(!version || version->text().size() < kPart);
    find_allocator_tables(image);
  } catch (const Error&) {
    return 0;  // refused with a reason
  }
  return 0;
}
