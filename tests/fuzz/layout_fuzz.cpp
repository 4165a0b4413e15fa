// SPDX-License-Identifier: Apache-2.0
// Input: minor and micro version; records for the foreign memory, which begins with _PyRuntime.
#include <cstdint>
#include <cstdlib>

#include "symbols/python/process_layout.h"
#include "tests/fuzz/byte_input.h"
#include "tests/fuzz/foreign_memory.h"
#include "util/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tmbpf;
  static ForeignMemory memory;
  static const ElfImage image = ElfImage::open("/proc/self/exe");
  ByteInput input(data, size);
  const int minor = input.number<std::uint8_t>();
  const int micro = input.number<std::uint8_t>();
  const PythonVersion version{.major = 3, .minor = minor, .micro = micro};
  const auto table = python_layout(version);
  if (!table) {
    return 0;
  }
  memory.fill(input);
  try {
    const PythonLayout layout =
        process_layout(*table, version, image, ForeignMemory::kAddress, ForeignMemory::process());
    if (layout.offsets.frame_size > TMBPF_FRAME_BYTES ||
        layout.offsets.pool_size != table->offsets.pool_size) {
      std::abort();
    }
  } catch (const Error&) {
    return 0;  // refused with a reason
  }
  return 0;
}
