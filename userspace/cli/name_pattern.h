// SPDX-License-Identifier: Apache-2.0
// --name PATTERN: which processes a pattern means.
#pragma once

#include <string>

#include "symbols/python/python_command.h"
#include "userspace/model/file_pattern.h"

namespace tmbpf {

// Shell-style as FilePattern has it, case matters. It is held against the names of the program
// (command_names(): the script as given, its file name, that without ".py"; the module after -m),
// and when it has a space or a '*' also against PythonCommand::text. Both as printable() shows
// them.
class NamePattern {
 public:
  // Throws Error (usage) when it is empty.
  explicit NamePattern(std::string text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool matches(const PythonCommand& command) const;

 private:
  std::string text_;
  FilePattern pattern_;
  bool whole_;  // has a space or a '*'
};

}  // namespace tmbpf
