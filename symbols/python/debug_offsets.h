// SPDX-License-Identifier: Apache-2.0
// The offsets that a CPython tells of itself: _Py_DebugOffsets, which begins _PyRuntime from 3.13.
//
// Source: Include/internal/pycore_runtime.h of 3.13, pycore_debug_offsets.h of 3.14 and 3.15.
#pragma once

#include <cstddef>
#include <span>

#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

// Bytes of the block in this version; 0 when it has none, or is not supported.
std::size_t debug_offsets_size(const PythonVersion& version);

// `layout`, the table of this version, with every number that the block tells taken from it (the
// place of the main interpreter follows from the sizes). The
// block is debug_offsets_size bytes from _PyRuntime on, of the process or of the image's .data; it
// is not trusted. Throws Error (ExitStatus::target) that says what contradicts:
//   - the cookie, or the version, is not this version's
//   - the build is free-threaded
//   - an offset lies outside its struct, is not aligned, or a struct has an absurd size
//   - a number differs from the table's in a struct of which we read more than the block tells:
//     then the rest of the table cannot hold either
PythonLayout with_debug_offsets(const PythonLayout& layout, const PythonVersion& version,
                                std::span<const std::byte> block);

}  // namespace tmbpf
