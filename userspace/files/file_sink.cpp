// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/file_sink.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "util/error.h"

namespace tmbpf {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(fmt::format("cannot write {}: {}", path, std::generic_category().message(error)),
              full ? "Make room there or choose another output path. An earlier file of that name "
                     "is unchanged."
                   : "Choose another output path. An earlier file of that name is unchanged.");
}

}  // namespace

FileSink::FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

void FileSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail(path_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void FileSink::sync() {
  if (::fsync(fd_) != 0) {
    fail(path_, errno);
  }
}

}  // namespace tmbpf
