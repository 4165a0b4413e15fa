// SPDX-License-Identifier: Apache-2.0
// Memory of this very process in the place of a hostile target's: what reads a process is given
// our own pid, so the real system calls run, and pointers in the fuzzer's bytes can hit.
//
// It lies at a fixed address, so that an input means the same in every run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "symbols/process/process_memory.h"
#include "tests/fuzz/byte_input.h"

namespace tmbpf {

class ForeignMemory {
 public:
  static constexpr std::uint64_t kAddress = 0x5eed00000000;
  static constexpr std::size_t kSize = 8 << 20;  // bytes

  ForeignMemory();
  ForeignMemory(const ForeignMemory&) = delete;
  ForeignMemory& operator=(const ForeignMemory&) = delete;
  ~ForeignMemory();

  [[nodiscard]] static ProcessMemory process();
  // Zeroes it, then writes the input's records: 32 bits of offset, 16 of length, that many bytes.
  void fill(ByteInput& input);
  // Zeroes it, then puts `bytes`, as many as fit, at its start.
  void fill(std::span<const std::byte> bytes);

 private:
  void clear();
  [[nodiscard]] std::byte* data() const;
};

}  // namespace tmbpf
