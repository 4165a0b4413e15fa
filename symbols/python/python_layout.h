// SPDX-License-Identifier: Apache-2.0
// Where CPython keeps what we read: one table of offsets per minor version.
//
// Each number is named after its CPython field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bpf/tmbpf.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

struct PythonLayout {
  std::uint32_t runtime_tstate_current = 0;     // _PyRuntimeState.gilstate.tstate_current
  std::uint32_t runtime_interpreters_head = 0;  // _PyRuntimeState.interpreters.head
  tmbpf_python offsets{};                       // its addresses are 0 here
};

// Nothing when the version is not supported.
std::optional<PythonLayout> python_layout(const PythonVersion& version);

// "3.11", for messages.
std::string supported_versions();

}  // namespace tmbpf
