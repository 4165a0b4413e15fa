// SPDX-License-Identifier: Apache-2.0
// Man pages in man(7), from the definition of the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tmbpf {

// Of tmbpf itself when `command` is `root`, else of that subcommand of `root`. `date`:
// YYYY-MM-DD. Throws Error for a footer that it cannot read.
std::string manual_page(const CLI::App& root, const CLI::App& command, const std::string& date);

// "tmbpf", "tmbpf-stats".
std::string manual_page_name(const CLI::App& root, const CLI::App& command);

}  // namespace tmbpf
