// SPDX-License-Identifier: Apache-2.0
// Where a binary tests whether tracemalloc wants to hear of a new reference.
//
//   mov   flag(%rip),%eax      or through a register that holds the struct's address
//   test  %eax,%eax
//   jne   tell                 <- the test's jump
//
// Sources: Include/object.h of 3.8, Objects/object.c of 3.9 to 3.15 (_Py_NewReference). To 3.11
// the flag is _Py_tracemalloc_config.tracing (int), in 3.12 _PyRuntime.tracemalloc.config.tracing
// (int), from 3.13 _PyRuntime.ref_tracer.tracer_func (a function that is called when not NULL,
// for new and for deallocated objects).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "symbols/allocator/code_index.h"

namespace tmbpf {

// tracemalloc's flag: `size` bytes at `offset` from an exported symbol.
struct TracingFlag {
  std::string symbol = "_Py_tracemalloc_config";  // or _PyRuntime
  std::uint64_t offset = 4;                       // tracing; PythonLayout::runtime_tracing
  std::uint8_t size = 4;                          // 4: int, 8: tracer_func
  [[nodiscard]] bool is_function() const { return size == 8; }
};

struct FlagTest {
  std::uint64_t load = 0;          // reads the flag
  std::uint64_t jump = 0;          // the jcc that decides
  std::uint64_t set = 0;           // where it goes when the flag is not zero
  std::uint64_t clear = 0;         // where it goes when it is zero
  std::uint8_t reg = kNoRegister;  // holds the flag at the jump; none: compared in memory
  bool certain = true;             // FlagRead::certain of `load`
};

// An instruction that reads the flag.
struct FlagRead {
  std::uint64_t instruction = 0;
  bool certain = true;  // false: known by the field's offset only, it may be another struct's
};

struct FlagUses {
  std::vector<FlagTest> tests;  // sorted by jump, one per jump
  std::size_t loads = 0;
  std::size_t stores = 0;        // PyRefTracer_SetTracer, _PyTraceMalloc_Start and the like
  std::vector<FlagRead> copies;  // reads whose value is not tested: PyRefTracer_GetTracer
};

// What find_flag_uses needs in a CodeIndex's interest.
void add_flag_interest(const ElfImage& image, const TracingFlag& flag, CodeInterest& interest);

// Empty when the image neither holds nor imports the flag's symbol.
FlagUses find_flag_uses(const CodeIndex& code, const TracingFlag& flag);

// True when `read` takes the field of the flag's struct and not of another: its base register holds
// the symbol's address on every path.
bool reads_flag(const CodeIndex& code, const TracingFlag& flag, std::uint64_t read);

// vaddrs of the GOT entries that hold the address of `symbol`.
std::vector<std::uint64_t> got_entries_of(const ElfImage& image, const std::string& symbol);

}  // namespace tmbpf
