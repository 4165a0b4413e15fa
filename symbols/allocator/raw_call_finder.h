// SPDX-License-Identifier: Apache-2.0
// The raw domain's way into libc: the calls behind a raw request, and where their result is.
//
//   call  malloc@plt
//   test  %rax,%rax
//   je    no_memory          <- first emulated instruction: the result is in rax
//
// or a tail jump (jmp malloc@plt), whose result only a return probe on the jump itself sees.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "symbols/allocator/code_index.h"

namespace tmbpf {

struct RawCalls {
  std::vector<std::uint64_t> calls;       // of malloc, calloc or realloc in libc
  std::vector<std::uint64_t> tail_jumps;  // to them
  // Instructions at which a path ended otherwise: a return, some other call, too long.
  std::vector<std::uint64_t> strays;
};

// Every way from `start` (a guard's hot edge, or an inner raw function) to the first call.
RawCalls find_raw_calls(const CodeIndex& code, std::uint64_t start);

struct ResultPlace {
  std::uint64_t vaddr = 0;  // first emulated instruction after the call
  std::uint8_t reg = 0;     // holds the result there
};

// Nothing when the function ends, or the result leaves the registers, before one.
std::optional<ResultPlace> find_result(const CodeIndex& code, std::uint64_t call);

}  // namespace tmbpf
