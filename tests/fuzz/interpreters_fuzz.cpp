// SPDX-License-Identifier: Apache-2.0
// What is read of a process's interpreters and of its live allocator. Input: minor version; records
// for the foreign memory, which begins with _PyRuntime.
#include <unistd.h>

#include <cstdint>

#include "symbols/python_target.h"
#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/foreign_memory.h"

namespace {

using namespace tmbpf;

constexpr std::uint64_t kSlots = ForeignMemory::kSize / 2;  // behind _PyRuntime
constexpr std::uint64_t kSlotSize = 40;

PythonTarget target_in_foreign_memory(const PythonLayout& layout) {
  PythonTarget target;
  target.identity.pid = ::getpid();
  target.runtime = ForeignMemory::kAddress;
  target.layout = layout;
  target.python = layout.offsets;
  target.python.interpreters_head = target.runtime + layout.runtime_interpreters_head;
  target.load_bias = ForeignMemory::kAddress;
  target.tables.pymalloc = {.malloc = 0x10, .calloc = 0x20, .realloc = 0x30, .free = 0x40};
  target.tables.raw = {.malloc = 0x50, .calloc = 0x60, .realloc = 0x70, .free = 0x80};
  target.tables.pymalloc_slots = {kSlots, kSlots + kSlotSize};
  target.tables.raw_slots = {kSlots + 2 * kSlotSize};
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ForeignMemory memory;
  ByteInput input(data, size);
  const auto layout = python_layout({.major = 3, .minor = input.number<std::uint8_t>()});
  if (!layout) {
    return 0;
  }
  memory.fill(input);
  const PythonTarget target = target_in_foreign_memory(*layout);
  own_gil_interpreters(target);
  replaced_allocator(target);
  return 0;
}
