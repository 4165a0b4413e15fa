// SPDX-License-Identifier: Apache-2.0
#include "userspace/files/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "util/error.h"

namespace tmbpf {
namespace {

constexpr int kNameAttempts = 100;

[[noreturn]] void fail(const std::string& path, const std::string& why, std::string hint) {
  throw Error(fmt::format("cannot write {}: {}", path, why), std::move(hint));
}

[[noreturn]] void fail_errno(const std::string& path, int error) {
  fail(path, std::generic_category().message(error), "Choose another output path.");
}

std::string directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

UniqueFd open_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) {
    const int error = errno;
    fail(path, fmt::format("directory {}: {}", directory, std::generic_category().message(error)),
         error == ENOENT ? "Create the directory first." : "Choose another output path.");
  }
  return fd;
}

// Atomic rename replaces whatever has the name, so what may be replaced is decided here.
void check_entry(const std::string& path, int directory, const std::string& name) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) {
      return;
    }
    fail_errno(path, errno);
  }
  if (S_ISLNK(status.st_mode)) {
    fail(path, "it is a symlink, and those are not followed", "Name the file itself.");
  }
  if (S_ISDIR(status.st_mode)) {
    fail(path, "it is a directory", "Name a file in it.");
  }
  if (!S_ISREG(status.st_mode)) {
    fail(path, "it is not a regular file", "Choose another output path.");
  }
}

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

UniqueFd open_replaceable(const std::string& path, const std::string& name) {
  UniqueFd directory = open_directory(path);
  check_entry(path, directory.get(), name);
  return directory;
}

// Gives the new file's name in `name`.
UniqueFd create_temporary(const std::string& path, int directory, std::string& name) {
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    name = fmt::format(".tmbpf-{}-{}.tmp", ::getpid(), attempt);
    UniqueFd fd(::openat(directory, name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd.valid()) {
      return fd;
    }
    if (errno != EEXIST) {
      fail_errno(path, errno);
    }
  }
  fail_errno(path, EEXIST);
}

}  // namespace

void check_replaceable(const std::string& path) {
  const UniqueFd directory = open_replaceable(path, name_of(path));
  if (::faccessat(directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    const int error = errno;
    fail(path,
         fmt::format("directory {} is not writable: {}", directory_of(path),
                     std::generic_category().message(error)),
         "Choose a directory where you may create files.");
  }
}

OutputFile::OutputFile(const std::string& path)
    : path_(path),
      name_(name_of(path)),
      directory_(open_replaceable(path, name_)),
      fd_(create_temporary(path, directory_.get(), temporary_)),
      sink_(fd_.get(), path) {}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) {
    ::unlinkat(directory_.get(), temporary_.c_str(), 0);
  }
}

void OutputFile::commit() {
  sink_.sync();
  check_entry(path_, directory_.get(), name_);  // the capture may have lasted hours
  if (::renameat(directory_.get(), temporary_.c_str(), directory_.get(), name_.c_str()) != 0) {
    fail_errno(path_, errno);
  }
  temporary_.clear();
  // Makes the name durable too. Some file systems cannot sync a directory; the data is safe.
  ::fsync(directory_.get());
}

}  // namespace tmbpf
