// SPDX-License-Identifier: Apache-2.0
#include "symbols/process/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "util/error.h"

namespace tmbpf {
namespace {

// The process chooses the names: nothing is really opened before it is known to be a regular file.
constexpr int kOnlyLook = O_PATH | O_CLOEXEC;

std::optional<struct stat> regular_file(const UniqueFd& file) {
  struct stat status {};
  const bool regular = file.valid() && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  return regular ? std::optional(status) : std::nullopt;
}

UniqueFd look_in_root(pid_t pid, const std::string& path) {
  const UniqueFd root(::open(fmt::format("/proc/{}/root", pid).c_str(), kOnlyLook | O_DIRECTORY));
  open_how how{};
  how.flags = kOnlyLook;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(
      root.valid() ? ::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof(how)) : -1));
}

std::string link_to(const UniqueFd& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

UniqueFd look_at(pid_t pid, const Mapping& mapping) {
  UniqueFd file(::open(map_file_path(pid, mapping).c_str(), kOnlyLook));
  if (file.valid()) {
    return file;
  }
  const int why = errno;
  file = look_in_root(pid, mapping.path);
  const auto status = regular_file(file);
  if (status && status->st_ino != mapping.inode) {
    throw Error(
        fmt::format("{} of process {} is no longer the file that it runs", mapping.path, pid),
        "as root with CAP_SYS_ADMIN tmbpf reaches the replaced file, too",
        ExitStatus::not_permitted);
  }
  errno = why;
  return file;
}

}  // namespace

MappedFile::MappedFile(pid_t pid, const Mapping& mapping) {
  const UniqueFd file = look_at(pid, mapping);
  if (regular_file(file)) {
    file_.reset(::open(link_to(file).c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (!file_.valid()) {
    throw Error(fmt::format("cannot open {} of process {}: {}", mapping.path, pid,
                            file.valid() ? "it is no regular file" : std::strerror(errno)),
                "",
                errno == EACCES || errno == EPERM ? ExitStatus::not_permitted : ExitStatus::target);
  }
}

std::string MappedFile::path() const { return link_to(file_); }

}  // namespace tmbpf
