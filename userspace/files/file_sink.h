// SPDX-License-Identifier: Apache-2.0
// A ByteSink over an open file descriptor.
#pragma once

#include <string>
#include <string_view>

#include "userspace/files/byte_sink.h"

namespace tmbpf {

class FileSink : public ByteSink {
 public:
  // Borrows fd. `path` is the name to use in errors.
  FileSink(int fd, std::string path);

  void write(std::string_view bytes) override;
  // Until the bytes are on the disk.
  void sync();

 private:
  int fd_;
  std::string path_;
};

}  // namespace tmbpf
