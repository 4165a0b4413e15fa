// SPDX-License-Identifier: Apache-2.0
// Where CPython keeps what we read: one table of offsets per minor version.
//
// Each number is named after its CPython field. TMBPF_NO_FIELD: this version does not have it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bpf/tmbpf.h"
#include "symbols/python/line_table.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

struct PythonLayout {
  // _PyRuntimeState; runtime_main_interpreter and runtime_tracing differ between micro releases,
  // and hold for the one that the table was made from: process_layout.h gives a process its own
  std::uint32_t runtime_tstate_current = TMBPF_NO_FIELD;     // gilstate.tstate_current; to 3.11
  std::uint32_t runtime_interpreters_head = TMBPF_NO_FIELD;  // interpreters.head
  std::uint32_t runtime_interpreters_main = TMBPF_NO_FIELD;  // interpreters.main, a pointer
  std::uint32_t runtime_main_interpreter = TMBPF_NO_FIELD;   // _main_interpreter; from 3.12
  // What tells that the reference tracer is on: tracemalloc.config.tracing (int, 3.12),
  // ref_tracer.tracer_func (pointer, from 3.13). To 3.11 it is _Py_tracemalloc_config.tracing.
  std::uint32_t runtime_tracing = TMBPF_NO_FIELD;
  // PyInterpreterState
  std::uint32_t interp_gil_last_holder = TMBPF_NO_FIELD;  // _gil.last_holder; from 3.12
  std::uint32_t interp_own_gil = TMBPF_NO_FIELD;          // ceval.own_gil (int); from 3.12
  std::uint32_t interp_obmalloc = TMBPF_NO_FIELD;  // obmalloc: the struct (3.12), a pointer (3.13+)
  LineTableFormat line_table = LineTableFormat::locations;
  tmbpf_python offsets{};  // its addresses are 0 here
};

// Nothing when the version is not supported.
std::optional<PythonLayout> python_layout(const PythonVersion& version);

// "3.8, 3.9, ... 3.15", for messages.
std::string supported_versions();

}  // namespace tmbpf
