// SPDX-License-Identifier: Apache-2.0
// The CPython 3.11 builds of this machine.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tmbpf::test {

struct Interpreter {
  std::filesystem::path image;    // the ELF file that holds the interpreter
  std::filesystem::path program;  // runs it; empty when only the library is there
};

// Searches PATH, the loader's directories and pyenv's versions. Each image once.
std::vector<Interpreter> find_interpreters();

// For SCOPED_TRACE and messages.
std::string name_of(const Interpreter& interpreter);

}  // namespace tmbpf::test
