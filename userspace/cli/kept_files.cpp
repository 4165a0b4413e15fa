// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/kept_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "util/error.h"
#include "util/format_size.h"

namespace tmbpf {
namespace {

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw Error(fmt::format("cannot delete {}: {}", path, std::generic_category().message(errno)),
                "Delete it, or more files will stay than wanted.");
  }
}

}  // namespace

KeptFiles::KeptFiles(std::size_t most_files, std::uint64_t most_bytes)
    : most_files_(most_files), most_bytes_(most_bytes) {}

void KeptFiles::add(const std::string& path) {
  struct stat status {};
  if ((most_files_ == 0 && most_bytes_ == 0) || ::lstat(path.c_str(), &status) != 0) {
    return;
  }
  forget(path);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (most_bytes_ != 0 && size > most_bytes_) {
    remove_file(path);
    throw Error(fmt::format("{} is not kept: it takes {} of the {} that all files may take", path,
                            format_size(static_cast<double>(size)),
                            format_size(static_cast<double>(most_bytes_))),
                "Allow more with --max-disk.");
  }
  files_.push_back({path, status.st_dev, status.st_ino, size});
  bytes_ += size;
  while ((most_files_ != 0 && files_.size() > most_files_) ||
         (most_bytes_ != 0 && bytes_ > most_bytes_)) {
    remove_oldest();
  }
}

// The same name is written again.
void KeptFiles::forget(const std::string& path) {
  const auto same = std::ranges::find(files_, path, &File::path);
  if (same != files_.end()) {
    bytes_ -= same->size;
    files_.erase(same);
  }
}

void KeptFiles::remove_oldest() {
  const File& oldest = files_.front();
  struct stat status {};
  const bool ours = ::lstat(oldest.path.c_str(), &status) == 0 && status.st_dev == oldest.device &&
                    status.st_ino == oldest.inode;
  if (ours) {
    remove_file(oldest.path);
    ++deleted_;
  }
  bytes_ -= oldest.size;
  files_.pop_front();
}

}  // namespace tmbpf
