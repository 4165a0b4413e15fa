// SPDX-License-Identifier: Apache-2.0
// A code object as it was described at its first sight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/tmbpf.h"
#include "symbols/python/line_table.h"

namespace tmbpf {

struct CodeObject {
  std::string filename;  // UTF-8, lone surrogates as in "surrogatepass"; "<unknown>" if unreadable
  std::string qualname;
  int firstlineno = 0;
  LineTableFormat format = LineTableFormat::locations;
  std::vector<std::byte> linetable;  // may be cut: see complete
  bool complete = false;             // every part could be read, whole

  // tracemalloc's line of a frame: 0 when it has none or it is unknown.
  [[nodiscard]] std::uint32_t line(int offset) const;
};

// UTF-8 of a str as it lay in memory, lone surrogates as in "surrogatepass", U+FFFD for what is no
// character; empty when it was not readable.
std::string decode_text(const tmbpf_text& text);

}  // namespace tmbpf
