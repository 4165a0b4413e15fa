// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/file_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "util/error.h"

namespace tmbpf {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw Error(fmt::format("cannot read {}: {}", path, std::generic_category().message(error)),
              "Give a file that exists and that you may read.");
}

UniqueFd open_for_reading(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) {
    fail(path, errno);
  }
  return fd;
}

std::optional<std::uint64_t> size_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

FileSource::FileSource(const std::string& path) : FileSource(open_for_reading(path), path) {}

FileSource::FileSource(UniqueFd fd, std::string path)
    : path_(std::move(path)), fd_(std::move(fd)), total_(size_of(fd_.get())) {}

void FileSource::rewind() {
  if (::lseek(fd_.get(), 0, SEEK_SET) != 0) {
    throw Error(fmt::format("cannot read {}: {}", path_, std::generic_category().message(errno)),
                "This format is read twice: give a regular file, not a pipe.");
  }
}

std::size_t FileSource::read(std::span<char> buffer) {
  for (;;) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      fail(path_, errno);
    }
  }
}

}  // namespace tmbpf
