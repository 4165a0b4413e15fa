// SPDX-License-Identifier: Apache-2.0
// The file that a process has mapped, opened once and kept: the same file for whoever reads it
// later, also when the process is gone or its name leads elsewhere by then.
#pragma once

#include <sys/types.h>

#include <string>

#include "symbols/process/process_maps.h"
#include "util/unique_fd.h"

namespace tmbpf {

class MappedFile {
 public:
  // By /proc/PID/map_files, which also reaches what was deleted or replaced; where that is not
  // permitted by its name in the process's own root, none of whose symbolic links lead out of it,
  // and only if it still has the mapping's inode number. Throws Error (target, not_permitted) when
  // neither works or it is no regular file.
  MappedFile(pid_t pid, const Mapping& mapping);

  // Leads to the file as long as this object lives, in this process and what it forks.
  [[nodiscard]] std::string path() const;

 private:
  UniqueFd file_;
};

}  // namespace tmbpf
