// SPDX-License-Identifier: Apache-2.0
// How much memory a reader may take for a file that nobody vouches for.
#pragma once

#include <cstdint>

namespace tmbpf {

// Bytes, for a file of which `read` bytes were read: 256 MiB and 64 times the file. What tmbpf
// writes needs far less; a hostile MiB never gets a GiB.
constexpr std::uint64_t memory_budget(std::uint64_t read) {
  constexpr std::uint64_t kBase = std::uint64_t{256} << 20U;
  return kBase + 64 * read;
}

}  // namespace tmbpf
