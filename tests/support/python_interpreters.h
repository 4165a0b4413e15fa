// SPDX-License-Identifier: Apache-2.0
// The CPythons of this machine that the tests run on.
#pragma once

#include <string>
#include <vector>

namespace tmbpf {

struct PythonInterpreter {
  std::string path;     // canonical; one in a root folder: see python_root.h
  std::string version;  // "3.11.2"
  [[nodiscard]] std::string minor() const { return version.substr(0, version.rfind('.')); }
};

// Looked for in PATH, /usr/bin, /usr/local/bin, /opt/*/bin and $HOME/.pyenv/versions/*/bin; each
// real file once. TMBPF_TEST_PYTHONS, paths with colons between them, replaces the search.
const std::vector<PythonInterpreter>& installed_pythons();

// Those that tmbpf supports. Never empty: a machine without one makes the caller's test fail.
std::vector<PythonInterpreter> supported_pythons();

}  // namespace tmbpf
