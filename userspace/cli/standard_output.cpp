// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/standard_output.h"

#include <cerrno>
#include <cstdio>

#include "util/error.h"

namespace tmbpf {

void print_piece(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) {
    return;
  }
  if (errno == EPIPE) {
    throw ClosedPipe();
  }
  throw Error("cannot write to the standard output", "make room on the disk it goes to");
}

}  // namespace tmbpf
