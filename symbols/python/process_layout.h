// SPDX-License-Identifier: Apache-2.0
// The layout of one process: the table of its version, corrected by what differs between micro
// releases.
#pragma once

#include <cstdint>

#include "symbols/elf/elf_image.h"
#include "symbols/process/process_memory.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

// `table` is python_layout(version); `runtime` is the address of _PyRuntime in the process, whose
// libraries are loaded and relocated; it need not have run yet.
//   3.13+  what _Py_DebugOffsets tells, see debug_offsets.h
//   3.12   runtime_main_interpreter: _PyRuntime.interpreters.main or, before that is set, where the
//          main interpreter's empty usedpools (Objects/obmalloc.c) points to itself
//   3.12+  runtime_tracing from the code, see tracing_offset.h; TMBPF_NO_FIELD if it is not found
// Throws Error (ExitStatus::target) when the process cannot be read or contradicts the table.
PythonLayout process_layout(const PythonLayout& table, const PythonVersion& version,
                            const ElfImage& image, std::uint64_t runtime,
                            const ProcessMemory& memory);

}  // namespace tmbpf
