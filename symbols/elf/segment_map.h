// SPDX-License-Identifier: Apache-2.0
// The bytes of an ELF file and where its PT_LOAD segments put them.
//
// Owns the bytes. The file is read, not mapped: a target that truncates its own binary must not
// be able to raise SIGBUS in the tracer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tmbpf {

// One PT_LOAD: `file_size` bytes at `offset` appear at `vaddr`.
struct LoadSegment {
  std::uint64_t vaddr = 0;
  std::uint64_t offset = 0;
  std::uint64_t file_size = 0;
  bool executable = false;
};

class SegmentMap {
 public:
  // Throws Error when the file cannot be read or is larger than 512 MiB.
  explicit SegmentMap(const std::string& path);

  // Throws Error when the segment lies outside the file, or there are more than 64.
  void add(const LoadSegment& segment);

  [[nodiscard]] std::span<const std::byte> file() const { return {data_.get(), size_}; }
  [[nodiscard]] std::byte* mutable_data() { return data_.get(); }
  [[nodiscard]] const std::vector<LoadSegment>& segments() const { return segments_; }
  // At most `size` bytes from vaddr on; fewer at the segment's end, empty if none.
  [[nodiscard]] std::span<const std::byte> bytes_at(std::uint64_t vaddr, std::size_t size) const;
  [[nodiscard]] std::optional<std::uint64_t> file_offset(std::uint64_t vaddr) const;
  [[nodiscard]] std::optional<std::uint64_t> vaddr_of_offset(std::uint64_t offset) const;

 private:
  [[nodiscard]] const LoadSegment* segment_at(std::uint64_t vaddr) const;

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::vector<LoadSegment> segments_;
};

}  // namespace tmbpf
