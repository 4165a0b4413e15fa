// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/foreign_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace tmbpf {

ForeignMemory::ForeignMemory() {
  if (::mmap(data(), kSize, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
             0) != static_cast<void*>(data())) {
    throw std::runtime_error("the fuzzer's memory cannot be mapped");
  }
}

ForeignMemory::~ForeignMemory() { ::munmap(data(), kSize); }

ProcessMemory ForeignMemory::process() { return ProcessMemory(::getpid()); }

std::byte* ForeignMemory::data() const {
  return reinterpret_cast<std::byte*>(kAddress);  // NOLINT(performance-no-int-to-ptr)
}

void ForeignMemory::clear() { ::madvise(data(), kSize, MADV_DONTNEED); }

void ForeignMemory::fill(ByteInput& input) {
  clear();
  while (!input.empty()) {
    const std::size_t offset = input.number<std::uint32_t>() % kSize;
    const auto bytes = input.take(input.number<std::uint16_t>());
    std::copy_n(bytes.begin(), std::min(bytes.size(), kSize - offset), data() + offset);
  }
}

void ForeignMemory::fill(std::span<const std::byte> bytes) {
  clear();
  std::copy_n(bytes.begin(), std::min(bytes.size(), kSize), data());
}

}  // namespace tmbpf
