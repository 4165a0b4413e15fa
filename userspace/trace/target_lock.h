// SPDX-License-Identifier: Apache-2.0
// One tmbpf per target: a lock file in the run directory, which only root can enter.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "util/unique_fd.h"

namespace tmbpf {

// /run/tmbpf, made with mode 0700 when missing. Throws Error when it is not ours alone.
std::string run_directory();

// The tmbpf that traces `target` now, as our /proc numbers it; nothing when none does, or when we
// may not know (only root may).
std::optional<pid_t> tracer_of(pid_t target);

class TargetLock {
 public:
  // Throws Error naming the tmbpf that holds it. The lock goes with the object or the process.
  explicit TargetLock(pid_t target);
  TargetLock(const TargetLock&) = delete;
  TargetLock& operator=(const TargetLock&) = delete;
  ~TargetLock();

  void release();  // idempotent

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace tmbpf
