// SPDX-License-Identifier: Apache-2.0
// A completion script for bash, from the definition of the command line. It needs bash 4 and
// nothing else.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tmbpf {

std::string bash_completion(const CLI::App& root);

}  // namespace tmbpf
