// SPDX-License-Identifier: Apache-2.0
// From a code offset to a line: co_linetable as CPython 3.11 writes it (Objects/locations.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tmbpf {

// The line that PyCode_Addr2Line gives for `offset` bytes into the code; -1 for code that has no
// line. Nothing when the table ends before the offset (it was cut, or is damaged).
std::optional<int> line_of(std::span<const std::byte> linetable, int firstlineno, int offset);

}  // namespace tmbpf
