// SPDX-License-Identifier: Apache-2.0
// The names of the files that are written one after the other of one process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "userspace/cli/output_template.h"

namespace tmbpf {

class OutputSeries {
 public:
  // `names` must outlive the object. $counter goes on after the files that exist.
  OutputSeries(const OutputTemplate& names, pid_t pid);

  // No file has it, unless the template has neither $counter nor $timestamp.
  std::string next(std::time_t now);
  // The highest counter that a file had before the first one; 0: there was none.
  [[nodiscard]] std::uint64_t continues() const { return continues_; }

 private:
  const OutputTemplate& names_;
  pid_t pid_;
  std::uint64_t continues_;
  std::uint64_t counter_;  // the last one used
};

}  // namespace tmbpf
