// SPDX-License-Identifier: Apache-2.0
// What the cyclic garbage collector says about itself: struct _gc_runtime_state.
//
// Source: Include/internal/pycore_pymem.h of 3.8, pycore_gc.h of 3.9 to 3.13,
// pycore_interp_structs.h of 3.14 and 3.15. Micro releases move the struct and its fields, so it is
// found by its contents: `generation0` points to generations[0], and the three generations, 24
// bytes each, are heads of doubly linked rings. 3.14's releases with an incremental collector have
// no generation0, so nothing is found there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "symbols/process/process_memory.h"
#include "symbols/python/python_layout.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

struct GcState {
  std::array<std::int64_t, 3> counts{};  // gc.get_count()
  // gc.get_stats()[i]["collections"]; nothing from 3.15 on, which keeps them elsewhere.
  std::optional<std::array<std::int64_t, 3>> collections;
};

// Of the main interpreter. `runtime` is the address of _PyRuntime in the process. Nothing when it
// is not there yet, or in a moment when the collector changes it.
std::optional<GcState> read_gc_state(const ProcessMemory& memory, std::uint64_t runtime,
                                     const PythonLayout& layout, const PythonVersion& version);

}  // namespace tmbpf
