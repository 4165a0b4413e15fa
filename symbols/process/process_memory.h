// SPDX-License-Identifier: Apache-2.0
// The only gate to another process's bytes.
//
// Reads by process_vm_readv(2), falling back to /proc/PID/mem where that is refused. Nothing is
// written, the process is not stopped: what is read may change between two reads, and it may be
// broken or hostile, so callers bound every loop and every size that comes from here.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "util/unique_fd.h"

namespace tmbpf {

struct MemoryRange {
  std::uint64_t address = 0;
  std::size_t size = 0;  // bytes
};

class ProcessMemory {
 public:
  explicit ProcessMemory(pid_t pid) : pid_(pid) {}

  [[nodiscard]] pid_t pid() const { return pid_; }

  // Fills `to` from `address`; false when not every byte could be read (then `to` is unspecified).
  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> to) const;

  // Reads the ranges one after the other into `to`, which is as long as all of them, with few
  // system calls. How many were read whole, from the first on; the rest of `to` is unspecified.
  [[nodiscard]] std::size_t read_ranges(std::span<const MemoryRange> ranges,
                                        std::span<std::byte> to) const;

  // One value, or nothing when it is not readable.
  template <typename T>
  [[nodiscard]] std::optional<T> read(std::uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    if (!read(address, std::as_writable_bytes(std::span(&value, 1)))) {
      return std::nullopt;
    }
    return value;
  }

 private:
  [[nodiscard]] std::size_t read_one_by_one(std::span<const MemoryRange> ranges,
                                            std::span<std::byte> to, int error) const;
  [[nodiscard]] bool read_mem_file(std::uint64_t address, std::span<std::byte> to) const;

  pid_t pid_;
  mutable UniqueFd mem_;  // /proc/PID/mem, opened at the first refusal
};

}  // namespace tmbpf
