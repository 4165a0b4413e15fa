// SPDX-License-Identifier: Apache-2.0
// A completion function for zsh (a file _NAME of its fpath), from the definition of the command
// line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tmbpf {

std::string zsh_completion(const CLI::App& root);

}  // namespace tmbpf
