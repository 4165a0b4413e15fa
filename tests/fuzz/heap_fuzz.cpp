// SPDX-License-Identifier: Apache-2.0
// Input: minor version; records for the foreign memory (see ForeignMemory::fill), which begins with
// the variables `arenas` and `maxarenas`.
#include <cstdint>
#include <cstdlib>

#include "symbols/heap/pymalloc_heap.h"
#include "symbols/python/python_layout.h"
#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/foreign_memory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tmbpf;
  static ForeignMemory memory;
  ByteInput input(data, size);
  const auto layout = python_layout({.major = 3, .minor = input.number<std::uint8_t>()});
  if (!layout) {
    return 0;
  }
  memory.fill(input);
  tmbpf_python python = layout->offsets;
  python.arenas = ForeignMemory::kAddress;
  python.maxarenas = ForeignMemory::kAddress + sizeof(std::uint64_t);
  const PymallocHeap heap = read_pymalloc_heap(ForeignMemory::process(), python);
  std::uint64_t classes = 0;
  for (const SizeClassUse& use : heap.size_classes()) {
    classes += use.blocks;
  }
  if (classes != heap.blocks.size()) {
    std::abort();
  }
  heap.blocks.for_each([&heap](std::uint64_t block) {
    if (!heap.in_arena(block) || !heap.is_settled(block)) {
      std::abort();
    }
  });
  return 0;
}
