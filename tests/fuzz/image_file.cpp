// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/image_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace tmbpf {

ImageFile::ImageFile() : fd_(::memfd_create("image", MFD_CLOEXEC)) {
  if (!fd_.valid()) {
    throw std::runtime_error("memfd_create");
  }
}

std::string ImageFile::path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

void ImageFile::assign(std::span<const std::byte> bytes) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(bytes.size())) != 0) {
    throw std::runtime_error("ftruncate");
  }
  write(0, bytes);
}

void ImageFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count <= 0) {
      throw std::runtime_error("pwrite");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

}  // namespace tmbpf
