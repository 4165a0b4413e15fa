// SPDX-License-Identifier: Apache-2.0
// Input: the text of a /proc/PID/maps.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "symbols/process/process_maps.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  for (const tmbpf::Mapping& mapping : tmbpf::parse_maps(lines)) {
    if (mapping.end <= mapping.start) {
      std::abort();
    }
  }
  return 0;
}
