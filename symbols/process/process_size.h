// SPDX-License-Identifier: Apache-2.0
// What the kernel says a process takes, besides what process_identity.h has.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace tmbpf {

// Bytes of its address space (VmSize). Nothing when it is gone.
std::optional<std::uint64_t> virtual_bytes(pid_t pid);

// Resident bytes, those shared with others divided by how many share them (PSS, from
// /proc/PID/smaps_rollup, which the kernel walks all its pages for). Nothing when it is gone, or
// may not be looked at.
std::optional<std::uint64_t> proportional_bytes(pid_t pid);

}  // namespace tmbpf
