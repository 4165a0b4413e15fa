// SPDX-License-Identifier: Apache-2.0
// From a code offset to a line, in each of CPython's three formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tmbpf {

enum class LineTableFormat : std::uint8_t {
  lnotab,     // co_lnotab of 3.8 and 3.9 (Objects/lnotab_notes.txt)
  linetable,  // co_linetable of 3.10 (Objects/lnotab_notes.txt, PEP 626)
  locations,  // co_linetable since 3.11 (Objects/locations.md)
};

// The line that PyCode_Addr2Line gives for `offset` bytes into the code; -1 for code that has no
// line; `firstlineno` for a negative offset (nothing has run yet). Nothing when the table ends
// before the offset (it was cut, or is damaged).
//
// A co_lnotab does not tell where the code ends: its last line holds for every offset behind it,
// unless the table is not `whole`.
std::optional<int> line_of(LineTableFormat format, std::span<const std::byte> table,
                           int firstlineno, int offset, bool whole = true);

}  // namespace tmbpf
