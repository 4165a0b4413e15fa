// SPDX-License-Identifier: Apache-2.0
// A Python's command line as a person knows it.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tmbpf {

// Bytes as they came from the process: not safe for a terminal.
struct PythonCommand {
  // What runs: the script's path as it was given, the module after -m, "-c", "-" (standard input),
  // or the first word where that is no interpreter's name (an embedding program, a title that the
  // process gave itself), or the interpreter's where nothing else is given.
  std::string program;
  // The words from there on with spaces between them: "app.py --port 80", "-m http.server",
  // "-c CODE". An interpreter that was given no program: all its words.
  std::string text;
};

// `arguments`: see process_arguments(). Options are told as the interpreter itself does
// (Python/getopt.c and Modules/main.c, 3.6 to 3.15).
PythonCommand python_command(std::span<const std::string> arguments);

// The names by which `command` is known: the program as given, its file name, and that without
// ".py". Each once.
std::vector<std::string> command_names(const PythonCommand& command);

}  // namespace tmbpf
