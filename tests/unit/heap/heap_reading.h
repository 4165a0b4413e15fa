// SPDX-License-Identifier: Apache-2.0
// What the heap reader finds in a heap of ours.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <set>

#include "symbols/heap/pymalloc_heap.h"
#include "tests/unit/heap/fake_heap.h"

namespace tmbpf::test {

inline PymallocHeap read_heap(const FakeHeap& heap) {
  return read_pymalloc_heap(ProcessMemory(::getpid()), heap.python);
}

inline std::set<std::uint64_t> blocks_of(const PymallocHeap& heap) {
  std::set<std::uint64_t> blocks;
  heap.blocks.for_each([&](std::uint64_t block) { blocks.insert(block); });
  return blocks;
}

}  // namespace tmbpf::test
