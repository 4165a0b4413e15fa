// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/damaged_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tmbpf {
namespace {

constexpr std::uint64_t kFunctionSize = 4096;  // bytes of code that are of interest
constexpr std::uint64_t kSlotSize = 40;        // sizeof(PyMemAllocatorEx)
constexpr std::uint64_t kKeptFunctions = 16;   // one in so many
constexpr std::size_t kTableHeader = 12;       // of .eh_frame_hdr, its last 4 bytes are the count
constexpr std::size_t kTableEntry = 8;

std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() < sizeof(Elf64_Ehdr)) {
    throw std::runtime_error("no binary to damage: " + path);
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

std::vector<std::uint64_t> functions_of(const AllocatorTables& tables) {
  std::vector<std::uint64_t> functions{tables.refill};
  for (const AllocatorFunctions& each : {tables.pymalloc, tables.raw}) {
    functions.insert(functions.end(), {each.malloc, each.calloc, each.realloc, each.free});
  }
  return functions;
}

}  // namespace

DamagedImage::DamagedImage(const std::string& path) : pristine_(read_file(path)) {
  file_.assign(pristine_);
  const ElfImage image = ElfImage::open(file_.path());
  const AllocatorTables tables = find_allocator_tables(image);
  add_headers();
  for (const ElfSection& section : image.sections()) {
    add(section.offset, section.has_bits ? section.size : 0);
    if (section.name == ".eh_frame_hdr") {
      thin_functions(section, functions_of(tables));
    }
  }
  add_allocator(image, tables);
  file_.assign(pristine_);
}

void DamagedImage::patch(ByteInput& input) {
  for (const Region& region : patched_) {
    file_.write(region.offset, std::span(pristine_).subspan(region.offset, region.size));
  }
  patched_.clear();
  while (!input.empty()) {
    const Region& region = regions_[input.number<std::uint8_t>() % regions_.size()];
    const std::uint64_t at = region.offset + input.number<std::uint32_t>() % region.size;
    const auto bytes = input.take(input.number<std::uint8_t>());
    const auto kept = bytes.first(std::min<std::size_t>(bytes.size(), pristine_.size() - at));
    file_.write(at, kept);
    patched_.push_back({at, kept.size()});
  }
}

void DamagedImage::add(std::uint64_t offset, std::uint64_t size) {
  if (size > 0 && offset < pristine_.size() && size <= pristine_.size() - offset) {
    regions_.push_back({offset, size});
  }
}

void DamagedImage::add_vaddr(const ElfImage& image, std::uint64_t vaddr, std::uint64_t size) {
  if (const auto offset = image.file_offset(vaddr)) {
    add(*offset, std::min(size, pristine_.size() - *offset));
  }
}

void DamagedImage::add_headers() {
  Elf64_Ehdr header{};
  std::memcpy(&header, pristine_.data(), sizeof(header));
  add(0, sizeof(header));
  add(header.e_phoff, std::uint64_t{header.e_phnum} * header.e_phentsize);
  add(header.e_shoff, std::uint64_t{header.e_shnum} * header.e_shentsize);
}

void DamagedImage::add_allocator(const ElfImage& image, const AllocatorTables& tables) {
  for (const std::uint64_t function : functions_of(tables)) {
    add_vaddr(image, function, kFunctionSize);
  }
  for (const std::uint64_t slot : tables.pymalloc_slots) {
    add_vaddr(image, slot, kSlotSize);
  }
}

// Drops entries of the search table of .eh_frame_hdr.
void DamagedImage::thin_functions(const ElfSection& table, const std::vector<std::uint64_t>& kept) {
  std::byte* const entries = pristine_.data() + table.offset + kTableHeader;
  const std::size_t count = (table.size - kTableHeader) / kTableEntry;
  std::uint32_t left = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t start = 0;
    std::memcpy(&start, entries + i * kTableEntry, sizeof(start));
    const std::uint64_t vaddr = table.vaddr + static_cast<std::uint64_t>(std::int64_t{start});
    if (i % kKeptFunctions == 0 || std::find(kept.begin(), kept.end(), vaddr) != kept.end()) {
      std::memmove(entries + left * kTableEntry, entries + i * kTableEntry, kTableEntry);
      ++left;
    }
  }
  std::memcpy(entries - sizeof(left), &left, sizeof(left));
}

}  // namespace tmbpf
