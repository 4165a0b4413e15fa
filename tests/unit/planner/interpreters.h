// SPDX-License-Identifier: Apache-2.0
// The CPython 3.8 to 3.15 builds of this machine, whether or not something here can run them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tmbpf::test {

struct Interpreter {
  std::filesystem::path image;    // the ELF file that holds the interpreter
  std::filesystem::path program;  // runs it; empty when only the library is there
};

// Searches PATH, the loader's directories and pyenv's versions; then the files that the environment
// variable TMBPF_EXTRA_PYTHONS names (separated by colons), such as those of other roots. Each
// image once.
std::vector<Interpreter> find_interpreters();

// For SCOPED_TRACE and messages.
std::string name_of(const Interpreter& interpreter);

}  // namespace tmbpf::test
