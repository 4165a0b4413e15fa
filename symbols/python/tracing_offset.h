// SPDX-License-Identifier: Apache-2.0
// Where in _PyRuntime CPython keeps the sign that tracemalloc wants to hear of new references.
//
// Micro releases of one minor version differ in it, and _Py_DebugOffsets does not tell it, but a
// small exported function reads it or its neighbour:
//   3.12   _PyTraceMalloc_GetTracebackLimit returns tracemalloc.config.max_nframe, the int that
//          follows tracing (Python/tracemalloc.c)
//   3.13+  PyRefTracer_GetTracer returns ref_tracer.tracer_func and gives tracer_data, the pointer
//          that follows it (Objects/object.c)
#pragma once

#include <cstdint>
#include <optional>

#include "symbols/elf/elf_image.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

// For PythonLayout::runtime_tracing; bytes from _PyRuntime. Nothing when the code is not of this
// form, or the version keeps the sign elsewhere (to 3.11).
std::optional<std::uint32_t> tracing_offset(const ElfImage& image, const PythonVersion& version);

}  // namespace tmbpf
