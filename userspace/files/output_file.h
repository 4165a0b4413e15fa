// SPDX-License-Identifier: Apache-2.0
// A file that appears under its name complete or not at all.
#pragma once

#include <string>

#include "userspace/files/file_sink.h"
#include "util/unique_fd.h"

namespace tmbpf {

// Throws Error when OutputFile(path) could not work as things stand: its directory is missing
// or not writable, or at path there is a symlink, a directory or anything but a regular file.
void check_replaceable(const std::string& path);

// Writes to a new file of mode 0600 in the directory of path; commit() syncs it and gives it
// the name, replacing an earlier regular file. Without commit() nothing remains of it. Never
// follows a symlink at path. Throws Error naming path.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  OutputFile(OutputFile&&) = delete;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  [[nodiscard]] FileSink& sink() { return sink_; }
  void commit();

 private:
  std::string path_;
  std::string name_;  // within directory_
  UniqueFd directory_;
  std::string temporary_;  // name within directory_; empty once committed
  UniqueFd fd_;
  FileSink sink_;
};

}  // namespace tmbpf
