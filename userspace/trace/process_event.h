// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace tmbpf {

// A traced process, or a descendant that is watched, forked or executed a new program.
struct ProcessEvent {
  enum class Kind : std::uint8_t { forked, executed };

  Kind kind = Kind::forked;
  pid_t pid = 0;            // who did it; here and below 0: our pid namespace does not see it
  pid_t child = 0;          // of a fork
  std::uint64_t start = 0;  // when the child, or who executed, was made: nanoseconds since boot
};

}  // namespace tmbpf
