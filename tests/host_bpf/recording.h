// SPDX-License-Identifier: Apache-2.0
// The memory of a process, copied.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "symbols/process/process_maps.h"
#include "symbols/process/process_memory.h"

namespace tmbpf {

// Every private writable region of a process, copied; nothing else of it is used afterwards.
class Recording {
 public:
  explicit Recording(pid_t pid) {
    const ProcessMemory memory(pid);
    for (const Mapping& mapping : read_maps(pid)) {
      std::vector<std::byte> bytes(mapping.end - mapping.start);
      if (mapping.readable && memory.read(mapping.start, bytes)) {
        regions_.push_back({mapping.start, std::move(bytes)});
      }
    }
  }

  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> to) const {
    const auto holds = [&](const Region& region) {
      const std::uint64_t offset = address - region.start;
      return address >= region.start && offset < region.bytes.size() &&
             to.size() <= region.bytes.size() - offset;
    };
    const auto region = std::find_if(regions_.begin(), regions_.end(), holds);
    if (region == regions_.end()) {
      return false;
    }
    std::memcpy(to.data(), region->bytes.data() + (address - region->start), to.size());
    return true;
  }

 private:
  struct Region {
    std::uint64_t start;
    std::vector<std::byte> bytes;
  };
  std::vector<Region> regions_;
};

}  // namespace tmbpf
