// SPDX-License-Identifier: Apache-2.0
#include "symbols/elf/segment_map.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "util/error.h"
#include "util/unique_fd.h"

namespace tmbpf {
namespace {

constexpr std::size_t kMaxFileSize = std::size_t{512} << 20;
constexpr std::size_t kMaxSegments = 64;
constexpr std::uint64_t kPageMask = 0xfff;

UniqueFd open_regular_file(const std::string& path, std::size_t& size) {
  // O_NONBLOCK: a fifo in the file's place must not hang the tracer.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
    throw Error(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(fmt::format("{} is not a regular file", path));
  }
  if (status.st_size < 0 || static_cast<std::size_t>(status.st_size) > kMaxFileSize) {
    throw Error(fmt::format("{} is too large: {} bytes", path, status.st_size));
  }
  size = static_cast<std::size_t>(status.st_size);
  return fd;
}

}  // namespace

SegmentMap::SegmentMap(const std::string& path) {
  std::size_t wanted = 0;
  const UniqueFd fd = open_regular_file(path, wanted);
  data_ = std::make_unique_for_overwrite<std::byte[]>(wanted + 1);
  while (size_ < wanted) {
    const ssize_t count = ::read(fd.get(), data_.get() + size_, wanted - size_);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      throw Error(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
    if (count == 0) {
      break;
    }
    size_ += static_cast<std::size_t>(count);
  }
}

void SegmentMap::add(const LoadSegment& segment) {
  if (segments_.size() >= kMaxSegments) {
    throw Error(fmt::format("more than {} loadable segments", kMaxSegments));
  }
  if (segment.offset > size_ || segment.file_size > size_ - segment.offset ||
      segment.vaddr > UINT64_MAX - segment.file_size) {
    throw Error("a loadable segment lies outside the file");
  }
  segments_.push_back(segment);
}

const LoadSegment* SegmentMap::segment_at(std::uint64_t vaddr) const {
  for (const LoadSegment& segment : segments_) {
    if (vaddr >= segment.vaddr && vaddr - segment.vaddr < segment.file_size) {
      return &segment;
    }
  }
  return nullptr;
}

std::span<const std::byte> SegmentMap::bytes_at(std::uint64_t vaddr, std::size_t size) const {
  const LoadSegment* segment = segment_at(vaddr);
  if (segment == nullptr) {
    return {};
  }
  const std::uint64_t skip = vaddr - segment->vaddr;
  const auto available = static_cast<std::size_t>(segment->file_size - skip);
  return file().subspan(static_cast<std::size_t>(segment->offset + skip),
                        std::min(size, available));
}

std::optional<std::uint64_t> SegmentMap::file_offset(std::uint64_t vaddr) const {
  const LoadSegment* segment = segment_at(vaddr);
  if (segment == nullptr) {
    return std::nullopt;
  }
  return segment->offset + (vaddr - segment->vaddr);
}

std::optional<std::uint64_t> SegmentMap::vaddr_of_offset(std::uint64_t offset) const {
  // Two segments may share a page of the file; the executable one is what load biases are
  // computed from.
  for (const bool executable : {true, false}) {
    for (const LoadSegment& segment : segments_) {
      const std::uint64_t lead = segment.offset & kPageMask;
      const std::uint64_t first = segment.offset - lead;
      if (segment.executable == executable && offset >= first &&
          offset - segment.offset + lead < segment.file_size + lead && segment.vaddr >= lead) {
        return segment.vaddr - lead + (offset - first);
      }
    }
  }
  return std::nullopt;
}

}  // namespace tmbpf
