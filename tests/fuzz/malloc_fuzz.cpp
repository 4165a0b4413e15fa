// SPDX-License-Identifier: Apache-2.0
// Input: whether it is a piece of the main arena; its size in units of 16 bytes (32 bits); its
// bytes.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "symbols/heap/malloc_arena.h"
#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/foreign_memory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tmbpf;
  constexpr std::size_t kMost = 10'000;
  static ForeignMemory memory;
  ByteInput input(data, size);
  const bool main = input.number<std::uint8_t>() % 2 == 0;
  const std::uint64_t units = input.number<std::uint32_t>() % (ForeignMemory::kSize / 16);
  memory.fill(input.rest());
  std::uint64_t end = ForeignMemory::kAddress + units * 16;
  const ProcessMemory process = ForeignMemory::process();
  std::vector<MallocChunk> chunks;
  const MallocPiece piece{.first = ForeignMemory::kAddress, .end = end, .main = main};
  // The end moves once, to where the input's bytes say.
  MallocArena arena(process, piece,
                    [&end, size] { return end = ForeignMemory::kAddress + size / 16 * 16; });
  if (!arena.walk(chunks, kMost) && !chunks.empty()) {
    std::abort();
  }
  std::uint64_t at = ForeignMemory::kAddress;
  for (const MallocChunk& chunk : chunks) {
    if (chunk.address < at || chunk.size < MallocChunk::kLeast ||
        chunk.address + chunk.size > ForeignMemory::kAddress + ForeignMemory::kSize) {
      std::abort();
    }
    at = chunk.address + chunk.size;
  }
  return 0;
}
