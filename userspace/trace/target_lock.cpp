// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/target_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string_view>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr const char* kRunDirectory = "/run/tmbpf";

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "unknown";
}

// The last holder removes the file when it ends, perhaps between our opening and locking it: then
// what is locked here is a file that nobody else will find.
bool is_named(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

std::string lock_path(const std::string& directory, pid_t target) {
  return fmt::format("{}/{}.lock", directory, target);
}

UniqueFd open_locked(const std::string& path, pid_t target) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) {
    throw Error(fmt::format("cannot open {}: {}", path, std::strerror(errno)), "run with sudo",
                ExitStatus::not_permitted);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || status.st_uid != ::geteuid()) {
    throw Error(fmt::format("the lock {} is user {}'s, not ours", path, status.st_uid),
                "look at who made it and remove it", ExitStatus::not_permitted);
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = holder_of(fd.get());
    throw Error(fmt::format("process {} is already traced by tmbpf (pid {})", target, holder),
                fmt::format("`tmbpf status --pid {0}` shows its session if it is one; end it with "
                            "`tmbpf stop --pid {0}`, or end process {1}",
                            target, holder));
  }
  return fd;
}

}  // namespace

std::string run_directory() {
  struct stat status {};
  if (::mkdir(kRunDirectory, 0700) != 0 && errno != EEXIST) {
    throw Error(fmt::format("cannot make {}: {}", kRunDirectory, std::strerror(errno)),
                "run with sudo", ExitStatus::not_permitted);
  }
  if (::geteuid() != 0) {
    throw Error(fmt::format("{} is root's", kRunDirectory), "run with sudo",
                ExitStatus::not_permitted);
  }
  if (::lstat(kRunDirectory, &status) != 0 || !S_ISDIR(status.st_mode) ||
      status.st_uid != ::geteuid() || (status.st_mode & 077) != 0) {
    throw Error(fmt::format("{} is not a directory that only the caller may enter", kRunDirectory),
                "look at who made it and remove it", ExitStatus::not_permitted);
  }
  return kRunDirectory;
}

// Asked of the kernel's list: to try the lock would stand in the way of who takes it just now.
std::optional<pid_t> tracer_of(pid_t target) {
  struct stat named {};
  if (::lstat(lock_path(kRunDirectory, target).c_str(), &named) != 0) {
    return std::nullopt;
  }
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // "1: FLOCK  ADVISORY  WRITE 1234 00:19:5678 0 EOF": its pid, the file's device and inode
    int holder = 0;
    unsigned long inode = 0;
    // NOLINTNEXTLINE(cert-err34-c): the count says whether every field was there
    if (std::sscanf(line.c_str(), "%*d: FLOCK %*s WRITE %d %*x:%*x:%lu", &holder, &inode) == 2 &&
        inode == named.st_ino && holder > 0) {
      return holder;
    }
  }
  return std::nullopt;
}

TargetLock::TargetLock(pid_t target) : path_(lock_path(run_directory(), target)) {
  do {
    fd_ = open_locked(path_, target);
  } while (!is_named(fd_.get(), path_));
  const std::string self = std::to_string(::getpid());
  if (::ftruncate(fd_.get(), 0) != 0 ||
      ::pwrite(fd_.get(), self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
    throw Error(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  }
}

TargetLock::~TargetLock() { release(); }

void TargetLock::release() {
  if (fd_.valid()) {
    ::unlink(path_.c_str());
    fd_.reset();
  }
}

}  // namespace tmbpf
