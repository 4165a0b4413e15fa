// SPDX-License-Identifier: Apache-2.0
// The Pythons that run on this machine.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "symbols/process/process_identity.h"
#include "symbols/python/python_version.h"

namespace tmbpf {

struct PythonProcess {
  ProcessIdentity identity;
  std::vector<std::string> arguments;    // see process_arguments()
  std::optional<PythonVersion> version;  // nothing: the interpreter does not tell it
  std::string build;                     // see python_build()
  std::uint64_t resident = 0;            // bytes
  // Why tracing it would be refused and what can be done, without the process's name; both empty
  // when it would work. That another tmbpf traces it, or that we may not, is not told here.
  std::string obstacle;
  std::string remedy;
};

struct PythonProcesses {
  std::vector<PythonProcess> found;  // the largest first
  std::size_t unreadable = 0;        // processes that we may not look at; Pythons may be among them
};

// CPythons that export _PyRuntime: 3.7 and later, supported or not. Processes that end meanwhile
// are left out. `progress` hears how many processes of all are done. Never throws for a process.
PythonProcesses find_python_processes(
    const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace tmbpf
